"""Which replies are offered: the written rule by hand, its properties, damaged rankings."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from pnet_tf.errors import InputError
from pnet_tf.tflite.metadata import read_metadata, write_metadata
from pnet_tf.tflite.model import load_bytes
from pnet_tf.tflite.ranking import Ranking, form_hash, suggest
from tests.calls import call
from tests.tflite.small_models import LABELS, text_metadata

NAMES = ("yes", "later", "thanks", "no", "quiet")
REPLIES = {"yes": ["Sure", "Yes"], "later": ["Later?"], "thanks": ["Thanks"], "no": ["No", "Nope"]}
RULE = Ranking(
    threshold=0.3,
    floor=0.02,
    plausible=0.25,
    silent=("quiet",),
    affirmative=("yes",),
    negative=("no",),
)


def offered(scores, message=b"x", replies=REPLIES, **changes):
    """Labels that are offered, in order."""
    found = suggest(scores, message, NAMES, replies, replace(RULE, **changes))
    return [reply.label for reply in found.replies]


def test_the_hash_by_its_published_values():
    assert form_hash(b"") == 0x811C9DC5
    assert form_hash(b"a") == 0xE40C292C
    assert form_hash(b"foobar") == 0xBF9CF968


def test_the_best_three_by_score():
    plain = {"affirmative": (), "negative": ()}
    assert offered([0.1, 0.4, 0.3, 0.2, 0.0], **plain) == ["later", "thanks", "no"]
    assert offered([0.1, 0.4, 0.3, 0.2, 0.0], **plain, most_replies=1) == ["later"]
    assert offered([0.25, 0.35, 0.25, 0.15, 0.0], **plain) == ["later", "yes", "thanks"]


def test_silence_is_below_the_threshold_and_never_at_it():
    assert offered([0.3, 0.0, 0.0, 0.0, 0.7]) == ["yes"]
    assert offered([0.299, 0.0, 0.0, 0.0, 0.701]) == []
    found = suggest([0.299, 0.0, 0.0, 0.0, 0.701], b"x", NAMES, REPLIES, RULE)
    assert found.silent and (found.trigger, found.threshold) == (0.299, 0.3)
    nothing = suggest([0.0, 0.0, 0.0, 0.0, 1.0], b"x", NAMES, REPLIES, replace(RULE, threshold=0.0))
    assert nothing.silent and nothing.trigger == 0.0


def test_what_is_below_the_floor_is_not_offered():
    near = {"floor": 0.25, "threshold": 0.01}
    assert offered([0.5, 0.125, 0.124, 0.0, 0.251], **near) == ["yes", "later"]
    assert offered([0.04, 0.01, 0.009, 0.0, 0.941], **near) == ["yes", "later"]
    assert offered([0.5, 0.125, 0.124, 0.0, 0.251], floor=0.0) == ["yes", "later", "thanks"]
    nor_to_balance = offered([0.5, 0.25, 0.2, 0.05, 0.0], floor=0.2, plausible=0.1)
    assert nor_to_balance == ["yes", "later", "thanks"]


def test_a_label_without_a_reply_is_not_offered_nor_counted():
    scores = [0.2, 0.5, 0.2, 0.1, 0.0]
    assert offered(scores, replies={**REPLIES, "later": []}) == []
    assert offered(scores, replies={"yes": ["Yes"]}, threshold=0.1) == ["yes"]
    answered = {**REPLIES, "quiet": ["?"]}
    assert offered([0.1, 0.2, 0.0, 0.0, 0.7], replies=answered, threshold=0.1) == ["later", "yes"]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.4, 0.3, 0.2, 0.1, 0.0], ["yes", "later", "no"]),  # no in the place of the third
        ([0.1, 0.3, 0.2, 0.4, 0.0], ["no", "later", "yes"]),
        ([0.4, 0.3, 0.25, 0.05, 0.0], ["yes", "later", "thanks"]),  # no is not plausible
        ([0.5, 0.25, 0.125, 0.125, 0.0], ["yes", "later", "no"]),  # 0.125 is a quarter of 0.5
        ([0.3, 0.1, 0.2, 0.4, 0.0], ["no", "yes", "thanks"]),  # both are there
        ([0.1, 0.38, 0.37, 0.15, 0.0], ["later", "no", "yes"]),  # only the first stays
    ],
)
def test_a_yes_meets_a_no_where_both_are_plausible(scores, expected):
    assert offered(scores) == expected


def test_balance_needs_room_beside_the_first():
    assert offered([0.2, 0.5, 0.1, 0.2, 0.0], most_replies=2) == ["later", "yes"]
    assert offered([0.4, 0.3, 0.2, 0.1, 0.0], most_replies=2) == ["yes", "no"]
    assert offered([0.4, 0.3, 0.2, 0.1, 0.0], most_replies=1) == ["yes"]
    found = suggest([0.4, 0.3, 0.2, 0.1, 0.0], b"x", NAMES, REPLIES, RULE)
    assert found.balanced == ("no",)


def test_the_text_is_chosen_by_the_message_alone():
    for message in (b"", b"a", b"b", b"lunch?", "é".encode()):
        found = suggest([0.9, 0.0, 0.0, 0.0, 0.1], message, NAMES, REPLIES, RULE)
        assert found.replies[0].text == REPLIES["yes"][form_hash(message) % 2]


def test_no_text_comes_twice():
    same = {"yes": ["Ok"], "later": ["Ok", "Later"], "thanks": ["Ok"], "no": ["No"]}
    found = suggest([0.4, 0.3, 0.2, 0.0, 0.1], b"x", NAMES, same, RULE)
    assert [(r.label, r.text) for r in found.replies] == [("yes", "Ok"), ("later", "Later")]


@given(
    some.lists(some.floats(0, 1), min_size=5, max_size=5), some.binary(max_size=9),
    some.floats(0, 1), some.integers(1, 5), some.floats(0, 1),
)  # fmt: skip
def test_what_is_offered_is_allowed(scores, message, threshold, most, plausible):
    rule = replace(RULE, threshold=threshold, most_replies=most, plausible=plausible)
    found = suggest(scores, message, NAMES, REPLIES, rule)
    texts = [reply.text for reply in found.replies]
    assert len(set(texts)) == len(texts) <= most
    least = rule.floor * max(scores[:4])
    assert all(r.text in REPLIES[r.label] and r.score >= least for r in found.replies)
    assert [r.score for r in found.replies] == sorted(
        (r.score for r in found.replies), reverse=True
    )
    best = max(scores[:4])
    assert found.silent == (best < threshold or best == 0)
    assert not texts or found.replies[0].score == best
    assert suggest(scores, message, NAMES, REPLIES, rule) == found


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"threshold": 1.5}, "threshold must be a number 0..1, got 1.5"),
        ({"threshold": float("nan")}, "threshold must be a number 0..1, got nan"),
        ({"threshold": True}, "threshold must be a number"),
        ({"threshold": "1"}, "threshold must be a number"),
        ({"floor": 1.1}, "floor must be a number 0..1"),
        ({"plausible": -0.1}, "plausible must be a number 0..1"),
        ({"temperature": 0}, "temperature must be a number 0.001..1000"),
        ({"trigger_rate": 2}, "trigger_rate must be a number 0..1"),
        ({"most_replies": 0}, "most_replies must be 1..10, got 0"),
        ({"most_replies": 2.0}, "most_replies must be 1..10"),
        ({"affirmative": "yes"}, "affirmative must be a list of text"),
        ({"affirmative": ["yes", "yes"]}, "affirmative hold 'yes' twice"),
        ({"negative": ["yes"]}, "'yes' is both affirmative and negative"),
        ({"silent": "quiet"}, "silent must be a list of text"),
        ({"version": 1}, "ranking of version 1; this pnet_tf reads 2"),
        ({"colour": 1}, "'colour' is missing or does not exist"),
    ],
)
def test_a_damaged_ranking_is_refused(changes, words):
    with pytest.raises(InputError, match=words):
        Ranking.from_json(RULE.to_json() | changes)
    for odd in ([], None, "x"):
        with pytest.raises(InputError, match="ranking must be an object"):
            Ranking.from_json(odd)
    with pytest.raises(InputError, match="'threshold' is missing"):
        Ranking.from_json({"version": 2})


CHOICE = Ranking(threshold=0.1, silent=("bye",), affirmative=("yes",), negative=("no",),
                 temperature=1.3, trigger_rate=0.4)  # fmt: skip
TEXTS = {"greet": ("hi", "hey 👋"), "yes": ("yes",), "no": ("no",)}


@pytest.fixture(scope="module")
def choosing(text_model):
    return write_metadata(text_model, text_metadata(ranking=CHOICE, replies=TEXTS))


def test_it_is_in_the_metadata(choosing, text_model):
    assert read_metadata(choosing).ranking == CHOICE
    assert read_metadata(text_model).ranking is None and b'"ranking"' not in text_model
    assert json.loads(json.dumps(CHOICE.to_json()))["version"] == 2
    with pytest.raises(InputError, match="ranking names 'maybe'; allowed: the labels"):
        write_metadata(text_model, text_metadata(ranking=replace(CHOICE, silent=("maybe",))))


def test_a_model_offers_what_the_rule_says(choosing):
    model = load_bytes(choosing, trusted=True)
    for text in ("hello", "where are you", "🙂", "x" * 40):
        (answer,) = model.predict([text], top=1)
        message = text.encode()[:16]
        scores = model.scores([text])[0]
        expected = suggest(scores.tolist(), message, LABELS, TEXTS, CHOICE)
        assert answer.suggestions == expected and len(answer.predictions) == 1
        assert answer.replies == tuple(reply.text for reply in expected.replies)
        assert np.isclose(expected.trigger, max(scores[[0, 3, 4]]))


def test_a_top_k_file_ranks_what_it_gives(top_k_path):
    meta = text_metadata(ranking=CHOICE, replies=TEXTS, top_k=2)
    model = load_bytes(write_metadata(top_k_path.read_bytes(), meta), trusted=True)
    (answer,) = model.predict(["hello"])
    kept = {label for label, score in zip(LABELS, model.scores(["hello"])[0], strict=True) if score}
    assert {reply.label for reply in answer.suggestions.replies} <= kept


def test_the_command_explains(choosing, text_path, save):
    path = save(choosing)
    shown = " ".join(call("predict", path, "hello", "--explain").stdout.split())
    assert "at or above the threshold 0.100" in shown and " stands for " in shown
    assert "why" not in call("predict", path, "hello").stdout
    quiet = save(write_metadata(choosing, text_metadata(
        ranking=replace(CHOICE, threshold=1.0), replies=TEXTS)))  # fmt: skip
    shown = " ".join(call("predict", quiet, "hello", "--explain").stdout.split())
    assert "stays silent" in shown and "below the threshold 1.000" in shown
    (found,) = json.loads(call("predict", quiet, "hello", "--json", "-").stdout)
    assert found["replies"] == [] and found["suggestions"]["threshold"] == 1.0
    told = " ".join(call("inspect", quiet).stdout.split())
    assert "4 of 3 labels; at most 3, none below a score of 1.000" in told
    refused = call("predict", text_path, "hello", "--explain", code=2)
    assert "does not choose replies; --explain is for a file that does" in refused.stderr
