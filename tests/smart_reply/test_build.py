import json
import os
import random
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from pnet_tf.data import load_dataset
from pnet_tf.errors import InputError
from pnet_tf.smart_reply.build import build
from pnet_tf.smart_reply.normal import normal_form
from pnet_tf.smart_reply.pairs import Pair
from pnet_tf.smart_reply.responses import intent_of, read_responses
from pnet_tf.smart_reply.rows import (
    COLUMNS,
    Bound,
    Draw,
    pair_hash,
    silent_draw,
    train_rows,
    undrawn_messages,
)
from pnet_tf.smart_reply.source import open_source, split_of
from pnet_tf.smart_reply.write import build_smart_reply
from tests.calls import call
from tests.smart_reply.talks import talk, write_pairs

SEEDS = {"Yes.": "yes", "No.": "no", "Thank you.": "thanks", "Bye.": "bye"}


@pytest.fixture(scope="module")
def built():
    return build({"train": talk(), "valid": talk()[::3], "test": talk()[::2]})


def groups(built):
    """Sets of replies that share an intent."""
    return {frozenset(texts) for texts in built.intents.replies.values()}


def test_the_intents_of_a_plain_talk(built):
    of = {r.text: r.intent for r in built.responses}
    assert of["Thank you."] == of["Thank you so much."] == "thank_you"
    assert of["Bye."] == of["Bye bye."] == "bye"
    assert len({of["Yes."], of["No."], of["Thank you."], of["Bye."]}) == 4
    assert built.roles[of["Yes."]] == "affirmative" and built.roles[of["No."]] == "negative"
    assert built.roles["no_reply"] == "silent"


def test_no_text_is_in_two_intents_and_the_first_is_the_most_frequent(built):
    texts = [text for texts in built.intents.replies.values() for text in texts]
    assert len(texts) == len(set(texts)) == len(set(map(normal_form, texts)))
    counts = {response.text: response.count for response in built.responses}
    for replies in built.intents.replies.values():
        assert list(replies) == sorted(replies, key=lambda text: -counts[text])


def test_seeds_of_a_person_are_held(built):
    found = build({"train": talk()}, seeds=SEEDS)
    of = {r.text: r.intent for r in found.responses}
    assert {text: of[text] for text in SEEDS} == SEEDS
    assert set(found.intents.names) == {"yes", "no", "thanks", "bye"}
    assert of["Thank you so much."] == "thanks" and of.get("Yes, sure.", "yes") == "yes"
    more = build({"train": talk()}, seeds=SEEDS, intents=6)
    assert len(more.intents.names) == 6 and set(SEEDS.values()) <= set(more.intents.names)


def test_labels_of_rows_are_known(built):
    known = {*built.intents.names, "no_reply"}
    for rows in built.tables.values():
        assert {row.label for row in rows} <= known
    for row in built.tables["train"]:
        if row.soft is not None:
            assert set(row.soft) <= known and len(row.soft) > 1
            assert sum(row.soft.values()) == pytest.approx(1, abs=0.01)
            assert row.label == min(row.soft, key=lambda name: (-row.soft[name], name))
    learnt = {row.label for row in built.tables["train"]}
    learnt |= {name for row in built.tables["train"] for name in row.soft or {}}
    assert set(built.intents.names) <= learnt


def test_valid_and_test_have_all_rows_with_the_truth(built):
    table = {normal_form(r.text): r for r in built.responses}
    for split, step in (("valid", 3), ("test", 2)):
        rows = built.tables[split]
        assert [(row.text, row.response) for row in rows] == talk()[::step]
        for row in rows:
            assert row.label == (intent_of(row.response, table) or "no_reply")
            assert row.soft is None


def test_silent_rows_are_bounded(built):
    count = Counter(row.label == "no_reply" for row in built.tables["train"])
    assert count[True] == built.silent == 36  # all: 1.25 times the others would be more
    few = build({"train": talk()}, silent_ratio=0.1)
    count = Counter(row.label == "no_reply" for row in few.tables["train"])
    assert count[True] == round(0.1 * count[False]) < few.silent


def test_without_a_silent_row_no_split_has_one():
    found = build({"train": talk(), "valid": talk()}, silent_ratio=0)
    assert all(row.label != "no_reply" for rows in found.tables.values() for row in rows)
    assert found.dropped == {"valid": 36} and "no_reply" not in found.roles


def silent_rows(pairs, most, seed):
    draw = silent_draw((pair_hash(pair, seed) for pair in pairs), most, 0)
    return list(train_rows(pairs, {}.get, {}.get, draw.rows, seed))


def test_the_order_of_silent_rows_is_that_of_the_pairs():
    pairs = [Pair(f"m{n}", "none") for n in range(50)]
    rows = silent_rows(pairs, 20, 3)
    numbers = [int(row.text[1:]) for row in rows]
    assert len(rows) == 20 and numbers == sorted(numbers)
    assert silent_rows(pairs, 20, 3) == rows != silent_rows(pairs, 20, 4)


def test_bounds_by_hand(monkeypatch):
    assert silent_draw([5, 3, 9, 3, 3], 2, 2) == Draw(Bound(3, 2), Bound(5, 1))
    assert silent_draw([5, 3, 9, 3, 3], 4, 0) == Draw(Bound(5, 1), Bound(5, 1))
    assert silent_draw([5, 3], 9, 9) == Draw(Bound(5, 1), Bound(5, 1))
    assert silent_draw([5, 3], 0, 1) == Draw(Bound(0, 0), Bound(3, 1))
    assert silent_draw([], 9, 9) == Draw(Bound(0, 0), Bound(0, 0))
    monkeypatch.setattr("pnet_tf.smart_reply.rows._GATHERED", 2)
    values = random.Random(0).sample(range(1000), 100)
    ordered = sorted(values)
    assert silent_draw(values, 30, 9) == Draw(Bound(ordered[29], 1), Bound(ordered[38], 1))


def test_messages_without_a_row_are_those_drawn_after_the_rows():
    pairs = [Pair(f"m{n % 40}", f"r{n}") for n in range(80)] * 2
    hashes = [pair_hash(pair, 3) for pair in pairs]
    draw = silent_draw(hashes, 31, 40)
    labelled = {"m1": {"yes": 1.0}}
    found = list(undrawn_messages(pairs, {}.get, draw, 3))
    rows = train_rows(pairs, {}.get, {}.get, draw.rows, 3)
    assert len(found) == 40 and found != sorted(found)
    both = sorted([*found, *(row.text for row in rows)])
    first = np.argsort(hashes, kind="stable")[:71]
    assert both == sorted(pairs[place].message for place in first)
    assert list(undrawn_messages(pairs, labelled.get, draw, 3)) == [m for m in found if m != "m1"]


def test_unlabelled_messages_are_different_and_none_that_has_an_intent():
    pairs = [*talk(), *(Pair(f"Is it {n % 30} o'clock?", f"By my watch {n}") for n in range(90))]
    found = build({"train": pairs, "valid": talk()}, silent_ratio=0.1)
    assert len(set(found.unlabelled)) == len(found.unlabelled) > 20
    assert not {row.text for row in found.tables["train"] if row.label != "no_reply"} & set(
        found.unlabelled
    )
    fewer = build({"train": pairs}, silent_ratio=0.1, unlabelled=7)
    assert 0 < len(fewer.unlabelled) <= 7
    assert build({"train": pairs}, unlabelled=0).unlabelled == ()


def test_of_equal_silent_pairs_the_first_stay():
    pairs = [Pair("same", "pair")] * 5
    rows = silent_rows(pairs, 3, 0)
    assert len(rows) == 3


def test_every_pair_of_train_is_counted(built):
    pairs = [*talk(), Pair(talk()[0].message, "An answer that nobody else gives.")]
    found = build({"train": pairs}, silent_ratio=0.2)
    answered = sum(row.label != "no_reply" for row in found.tables["train"])
    assert found.mixed == 1 and answered + found.silent + found.mixed == len(pairs)


def test_one_list_is_divided_by_messages():
    pairs = [Pair(f"Message {n % 300}!", f"r{n}") for n in range(900)]
    pairs += [Pair(f"message {n}", "r") for n in range(300)]
    source = open_source(pairs)
    found = {split: list(read()) for split, read in source.splits.items()}
    assert source.divided and sum(map(len, found.values())) == len(pairs)
    keys = [{normal_form(pair.message) for pair in rows} for rows in found.values()]
    assert not keys[0] & keys[1] and not keys[0] & keys[2] and not keys[1] & keys[2]
    assert 0.7 < len(keys[0]) / 300 < 0.9
    assert split_of("Yes?") == split_of("yes?")


def test_pairs_in_memory_are_cleaned():
    source = open_source({"train": [("a \t b\x1b[1m", " Yes\n"), ("\x00", "no"), ["c", "d"]]})
    assert list(source.splits["train"]()) == [Pair("a b[1m", "Yes"), Pair("c", "d")]


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("a",)], r"pairs\[0\] is \('a',\); allowed: \(message, response\)"),
        ([("a", 1)], r"pairs\[0\]"),
        ({"valid": []}, "allowed: train, perhaps valid and test"),
        (3, "must be a list of"),
        ({"train": "ab"}, "train must be a list of"),
        ([], "there is no pair"),
        ([("a", "Yes.")] * 9, "no response is kept|only one response"),
        ([(f"m{n}", "Yes.") for n in range(30)], "only one response is kept"),
    ],
)
def test_pairs_that_do_not_fit(pairs, message):
    with pytest.raises(InputError, match=message):
        build(pairs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"intents": 1}, "intents must be a whole number of at least 2, got 1"),
        ({"intents": True}, "intents must be"),
        ({"silent_ratio": -1}, "silent_ratio must be 0..100"),
        ({"unlabelled": -1}, "unlabelled must be 0..10000000"),
        ({"silent_ratio": float("nan")}, "silent_ratio must be 0..100"),
        ({"least_confidence": 0}, "least_confidence must be above 0"),
        ({"seed": -1}, "seed must be"),
        ({"seeds": {"Yes.": "a", "No.": "a"}}, "only one intent comes about"),
        ({"seeds": {"Nothing of it.": "a"}}, "no response that is kept: 'Nothing of it.'"),
    ],
)
def test_options_that_do_not_fit(options, message):
    with pytest.raises(InputError, match=message):
        build({"train": talk()}, **options)


def test_the_order_of_rows_does_not_change_the_intents(built):
    pairs = talk()
    random.Random(1).shuffle(pairs)
    assert groups(build({"train": pairs})) == groups(built)


def test_other_scripts_lose_nothing():
    kinds = (("מה", "תודה רבה"), ("איך", "כן"), ("hej", "nein danke"))
    pairs = [(f"{word} {n} שלום", text) for n in range(9) for word, text in kinds]
    found = build({"train": pairs})
    assert {row.response for row in found.tables["train"]} == {"תודה רבה", "כן", "nein danke"}
    assert "תודה_רבה" in found.intents.names


def test_the_watch_is_told():
    told = []
    build({"train": talk()}, watch=lambda at: told.append(at.what))
    assert list(dict.fromkeys(told)) == [
        "counting responses", "judging responses", "reading answered messages",
        "comparing messages", "choosing intents", "drawing silent pairs",
        "grouping silent pairs", "labelling train",
        "reading messages without a label",
    ]  # fmt: skip


def test_the_folder_of_a_command_trains_as_it_stands(tmp_path):
    pairs = write_pairs(tmp_path / "pairs.tsv", talk() * 2)
    out = tmp_path / "chat"
    options = ("--json", "-", "--fewest", 2, "--silent-ratio", 0.2)
    result = call("smart-reply", "build", pairs, "--out", out, *options)
    report = json.loads(result.stdout)
    names = sorted(path.name for path in out.iterdir())
    assert names == [
        "replies.json", "report.json", "report.md", "responses.tsv", "seeds.tsv", "test.tsv",
        "train.tsv", "unlabelled.tsv", "valid.tsv",
    ]  # fmt: skip
    messages = (out / "unlabelled.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    assert messages[0] == "text" and len(messages) == 1 + report["unlabelled"] > 1
    assert set(messages[1:]) <= {message for message, _ in talk()}
    data = load_dataset(out)
    assert set(data.labels) == {intent["name"] for intent in report["intents"]} | {"no_reply"}
    assert data.roles["no_reply"] == "silent" and set(data.replies) == set(data.labels) - {
        "no_reply"
    }
    assert (out / "train.tsv").read_text(encoding="utf-8").split("\n")[0] == "\t".join(COLUMNS)
    responses = read_responses(out)
    assert responses == read_responses(out / "responses.tsv")
    thanks = intent_of("Thank you.", responses)
    assert thanks.startswith("thank_you") and intent_of("THANK YOU!!", responses) == thanks
    assert intent_of("what is that?", responses) is None
    page = (out / "report.md").read_text(encoding="utf-8")
    assert "### thank\\_you" in page and "Thrown away" in page and "--fewest" in page
    assert str(tmp_path) not in (out / "report.json").read_text(encoding="utf-8")
    again = tmp_path / "again"
    call("smart-reply", "build", pairs, "--out", again, "--seeds", out / "seeds.tsv", "--fewest", 2)
    assert (again / "replies.json").read_bytes() == (out / "replies.json").read_bytes()


def test_the_same_bytes_whatever_the_hash_seed(tmp_path):
    pairs = write_pairs(tmp_path / "pairs.tsv", talk())
    build_smart_reply(pairs, tmp_path / "here")
    code = "import sys, pnet_tf; pnet_tf.build_smart_reply(*sys.argv[1:])"
    command = [sys.executable, "-c", code, str(pairs), str(tmp_path / "there")]
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    subprocess.run(command, check=True, env=environment, capture_output=True)
    for path in sorted((tmp_path / "here").iterdir()):
        assert path.read_bytes() == (tmp_path / "there" / path.name).read_bytes(), path.name


def test_seeds_of_no_response_are_named_with_their_file(tmp_path):
    pairs = write_pairs(tmp_path / "pairs.tsv", talk())
    seeds = tmp_path / "mine.tsv"
    seeds.write_text("Yes.\tyes\nNothing of it.\tno\n", encoding="utf-8")
    result = call("smart-reply", "build", pairs, "--out", tmp_path / "x", "--seeds", seeds, code=2)
    assert "mine.tsv: 1 of 2 are no response that is kept: 'Nothing of it.'" in result.output


def test_a_folder_of_splits_is_taken_as_it_is(tmp_path):
    folder = tmp_path / "pairs"
    folder.mkdir()
    write_pairs(folder / "train.tsv", talk())
    write_pairs(folder / "test.tsv", talk()[:5])
    report = build_smart_reply(folder, tmp_path / "out")
    assert [(split.split, split.rows) for split in report.splits][1:] == [("test", 5)]
    assert not report.divided and report.pairs == len(talk())


def test_where_nothing_can_be_written(tmp_path):
    pairs = write_pairs(tmp_path / "pairs.tsv", talk())
    full = tmp_path / "full"
    full.mkdir()
    (full / "kept").write_text("x")
    for out, message in (
        (full, "is not empty"), (pairs, "is a file"), (tmp_path / "no" / "where", "no folder"),
    ):  # fmt: skip
        assert message in call("smart-reply", "build", pairs, "--out", out, code=2).output
    assert [path.name for path in full.iterdir()] == ["kept"]
    call("smart-reply", "build", pairs, "--out", tmp_path / "x", "--fewest", 999, code=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "pairs.tsv"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the table is empty"),
        ("a\nb\n", "the first row is|found the first row"),
        ("message\tresponse\n", "a header and no row"),
    ],
)
def test_damaged_pairs(tmp_path, content, message):
    path = tmp_path / "pairs.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        build(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("label\ttext\n", "the first row is"),
        ("response\tintent\tcount\tconfidence\n", "a header and no row"),
        ("response\tintent\tcount\tconfidence\nYes\tyes\t3\n", "row 2"),
        ("response\tintent\tcount\tconfidence\nYes\tyes\tx\t1\n", "row 2"),
        ("response\tintent\tcount\tconfidence\nYes\tyes\t0\t1\n", "a count from 1"),
        ("response\tintent\tcount\tconfidence\nYes\t\t1\t1\n", "row 2: a cell is empty"),
        ("response\tintent\tcount\tconfidence\nYes\ty\t1\t1\nyes.\tn\t1\t1\n", "row 3.*once"),
    ],
)
def test_damaged_responses(tmp_path, content, message):
    path = tmp_path / "responses.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_responses(path)


def test_the_page_shows_no_markup_of_others(tmp_path):
    pairs = [(f"m{n} <b>|x|</b>", text) for n in range(9) for text in ("Yes *now*", "No")]
    build_smart_reply({"train": pairs}, tmp_path / "x")
    page = (tmp_path / "x" / "report.md").read_text(encoding="utf-8")
    assert "Yes \\*now\\*" in page and "<b>|" not in page
