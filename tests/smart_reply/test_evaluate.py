"""Every figure of eight rows by hand, damaged inputs, and the figures at an equal trigger rate."""

from dataclasses import replace

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.smart_reply import evaluate
from pnet_tf.smart_reply.evaluate import evaluate_replies
from pnet_tf.smart_reply.labelled import LabelledPairs, ReplyData
from pnet_tf.smart_reply.words import make_words
from tests.smart_reply.reply_rows import LABELS, RANKING, REPLIES, GivenScores, data, eight


@pytest.fixture(scope="module")
def found():
    return evaluate_replies(GivenScores(), data())


def plain(model=None, rows=None, **options):
    """Figures of the model alone."""
    given = ReplyData({"test": rows or eight()})
    return evaluate_replies(model or GivenScores(), given, baselines=False, **options).model


def test_what_was_measured(found):
    assert (found.split, found.messages, found.with_intent, found.cut_messages) == ("test", 8, 5, 0)
    assert (found.size_bytes, found.runtime, found.seed) == (1234, "none", 0)
    assert found.model.name == "model"


def test_five_of_eight_are_answered_and_two_of_three_left_silent(found):
    assert found.model.trigger_rate == 5 / 8
    assert found.model.kept_silent == pytest.approx(2 / 3)


def test_answered_messages_with_an_intent(found):
    # a: first; b: second; c: fourth; g: first
    assert found.model.answered.messages == 4
    assert found.model.answered.precision_at_1 == 2 / 4
    assert found.model.answered.recall_at_3 == 3 / 4
    assert found.model.answered.mrr == pytest.approx((1 + 1 / 2 + 1 / 4 + 1) / 4)


def test_all_messages_with_an_intent_as_if_answered(found):
    # d as well: the label that comes first is offered first, but the tie has rank 1.5
    assert found.model.every.messages == 5
    assert found.model.every.precision_at_1 == 3 / 5
    assert found.model.every.recall_at_3 == 4 / 5
    assert found.model.every.mrr == pytest.approx((2.75 + 1 / 1.5) / 5)


def test_suggestions(found):
    # three for a, b, c and f, one for g
    assert found.model.suggestions.suggestions == 13
    assert found.model.suggestions.distinct_share == 1
    assert found.model.suggestions.distinct_replies == 3
    assert found.model.suggestions.fewer_than_three_share == 1 / 5
    assert found.model.suggestions.banned == 0


def test_banned_suggestions_are_counted():
    # "Thanks" is offered to a, b, c, f and g
    assert plain(words=make_words(["thanks"])).suggestions.banned == 5


def test_one_text_for_two_intents_is_offered_once():
    same = GivenScores(replies=REPLIES | {"no": ("Yes",)})
    shown = plain(same).suggestions
    # a, b, c and f lose one of three
    assert (shown.suggestions, shown.distinct_share, shown.fewer_than_three_share) == (9, 1, 1)


def test_calibration_of_the_best_label(found):
    # gaps: a and e together 0.4, b and f 0.5, c with h |0.425 - 1/2|, d 0.7, g 0.1
    by_hand = (2 * 0.4 + 2 * 0.5 + 2 * 0.075 + 0.7 + 0.1) / 8
    assert found.model.calibration.label_ece == pytest.approx(by_hand, abs=1e-6)
    assert [b.examples for b in found.model.calibration.label_bins] == [1, 2, 2, 2, 1]


def test_calibration_of_the_trigger(found):
    # a 0.6 right, b and f 0.5, c 0.45, d 0.3 right, e 0.1, g 0.9 right, h 0.2; the others wrong
    by_hand = (0.4 + 2 * 0.5 + 0.45 + 0.7 + 0.1 + 0.1 + 0.2) / 8
    assert found.model.calibration.trigger_ece == pytest.approx(by_hand, abs=1e-6)
    answered = (0.4 + 2 * 0.5 + 0.45 + 0.1) / 5
    assert found.model.calibration.answered_ece == pytest.approx(answered, abs=1e-6)


def test_a_model_that_answers_nothing():
    quiet = GivenScores(ranking=replace(RANKING, threshold=1.0))
    figures = plain(quiet)
    assert (figures.trigger_rate, figures.kept_silent) == (0, 1)
    assert (figures.answered.messages, figures.answered.mrr) == (0, None)
    assert figures.every.precision_at_1 == 3 / 5 and figures.calibration.answered_ece is None
    assert (figures.suggestions.suggestions, figures.suggestions.distinct_share) == (0, None)


def test_a_label_below_the_floor_is_never_offered_but_has_a_rank():
    figures, all_of = (plain(GivenScores(ranking=replace(RANKING, floor=x))) for x in (1.0, 0.0))
    assert figures.every.precision_at_1 == all_of.every.precision_at_1 == 3 / 5
    assert figures.every.recall_at_3 < all_of.every.recall_at_3
    assert figures.every.mrr == all_of.every.mrr


def test_baselines_are_held_to_the_rate_on_valid(found):
    assert found.valid_rate == 5 / 8
    assert [one.name for one in found.baselines][:2] == ["most frequent", "nearest messages"]
    frequent, nearest = found.baselines[:2]
    assert frequent.trigger_rate == 5 / 8
    assert frequent.every.precision_at_1 == 2 / 5  # says yes to all
    assert frequent.calibration is None and nearest.calibration is None
    assert abs(nearest.trigger_rate - 5 / 8) <= 1 / 8


def test_baselines_have_no_floor():
    model = GivenScores(ranking=replace(RANKING, floor=1.0))
    frequent = evaluate_replies(model, data()).baselines[0]
    # (2, 1, 1, 1) of eight and one more of each: only the first would reach the floor
    assert frequent.suggestions.fewer_than_three_share == 0


def test_the_nearest_message_of_a_message_is_itself(found):
    # 8 rows vote, the one that is the message with cosine 1 and the others with 0
    assert found.baselines[1].every.precision_at_1 == 1
    assert found.baselines[1].responses.every.recall_at_1 == 1


def test_responses_are_ranked_among_all_that_the_split_has(found):
    responses = found.model.responses
    assert (responses.candidates, responses.every.pairs, responses.with_intent.pairs) == (8, 8, 5)
    assert responses.chance_at_1 == 1 / 8 and responses.chance_at_10 == 1
    assert responses.every.recall_at_10 == 1


def test_the_same_seed_gives_the_same_figures(found):
    assert evaluate_replies(GivenScores(), data()) == found


def test_without_scikit_learn_only_the_model_is_measured(monkeypatch):
    monkeypatch.setattr(evaluate, "has_sklearn", lambda: False)
    alone = evaluate_replies(GivenScores(), data())
    assert alone.baselines == () and alone.valid_rate is None and alone.model.responses is None
    assert "scikit-learn is not installed" in alone.notes[0]


def test_what_is_left_out_is_said():
    alone = evaluate_replies(GivenScores(), data(train=None), baselines=False)
    assert alone.notes == ("no ranks of responses: they need the split train",)
    one = eight(responses=("Yes",) * 8)
    (note,) = evaluate_replies(GivenScores(), data(test=one), baselines=False).notes
    assert "all responses of the split are the same" in note


@pytest.mark.parametrize(
    ("model", "rows", "reason"),
    [
        ({"ranking": None}, {}, "does not choose replies; export it with --trigger-rate"),
        ({}, {"labels": ("maybe",) * 8}, "the label 'maybe' of example 1 is none of the model's 5"),
        ({}, {"labels": ("no_reply",) * 8}, "every label is silent, 'no_reply' for one; needed"),
        ({}, {"messages": (), "labels": (), "responses": ()}, "the split test is empty"),
    ],
)
def test_what_cannot_be_measured_is_refused(model, rows, reason):
    with pytest.raises(InputError, match=reason):
        evaluate_replies(GivenScores(**model), data(test=eight(**rows)))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"split": "train"}, "split must be one of test, valid, got 'train'"),
        ({"candidates": 1}, "candidates must be a whole number of at least 2, got 1"),
    ],
)
def test_options_out_of_range(options, reason):
    with pytest.raises(InputError, match=reason):
        evaluate_replies(GivenScores(), data(), **options)


def test_a_split_that_is_not_there():
    with pytest.raises(InputError, match="no split valid; found: train, test"):
        evaluate_replies(GivenScores(), data(valid=None))
    with pytest.raises(InputError, match="2 messages, 1 labels and 1 responses do not fit"):
        LabelledPairs(("a", "b"), ("yes",), ("Yes",))


def test_a_model_without_a_silent_label_has_no_messages_without_intent():
    rows = eight(labels=("yes", "no", "later", "yes", "yes", "yes", "thanks", "no"))
    scores = {message: (0.5, 0.3, 0.1, 0.1) for message in "abcdefgh"}
    model = GivenScores(scores, labels=LABELS[:4], ranking=replace(RANKING, silent=()))
    figures = plain(model, rows)
    assert figures.kept_silent is None and figures.every.messages == 8
    assert figures.answered.precision_at_1 == np.mean([1, 0, 0, 1, 1, 1, 0, 0])
