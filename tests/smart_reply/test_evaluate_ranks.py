"""Ranks with ties, responses among others, baselines: by hand, then their properties."""

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.sparse import csr_array

from pnet_tf.smart_reply import baselines, matching
from pnet_tf.smart_reply.baselines import (
    calibrated,
    fasttext_baseline,
    frequent_baseline,
    has_fasttext,
    label_prior,
    nearest_baseline,
    votes,
)
from pnet_tf.smart_reply.candidates import Trials, draw_trials
from pnet_tf.smart_reply.figures import intent_figures, mean_ranks, recall_at, response_figures
from pnet_tf.smart_reply.labelled import LabelledPairs
from pnet_tf.smart_reply.matching import Matcher, Whitening, fit_matcher
from pnet_tf.smart_reply.nearest import Nearest
from pnet_tf.smart_reply.normal import normal_form
from pnet_tf.smart_reply.offers import System
from pnet_tf.tflite.ranking import Suggestion

LABELS = ("meal", "thanks", "quiet")
TRAIN = LabelledPairs(
    ("lunch today", "dinner today", "here is a gift", "the sky is blue"),
    ("meal", "meal", "thanks", "quiet"),
    ("Sounds good", "Sounds good!", "Thank you", "Grass grows at night"),
)


def offers(*rows):
    return [tuple(Suggestion(label, 0.5, label) for label in row) for row in rows]


def test_ranks_by_hand():
    scores = np.array([[0.9, 0.1, 0.5], [0.2, 0.2, 0.2], [0.5, 0.5, 0.1], [0.3, 0.7, 0.9]])
    assert mean_ranks(scores, np.array([0, 1, 0, 0])).tolist() == [1, 2, 1.5, 3]


def test_a_tie_of_all_candidates_is_no_success():
    found = response_figures(np.zeros((4, 100)), np.zeros(4, bool))
    assert (found.every.recall_at_1, found.every.recall_at_10) == (0, 0)
    assert found.every.mrr == 1 / 50.5
    assert (found.chance_at_1, found.chance_at_10) == (0.01, 0.1)
    assert (found.with_intent.pairs, found.with_intent.mrr) == (0, None)


def test_responses_by_hand():
    scores = np.array([[3.0, 2, 1], [2, 2, 1], [1, 2, 3]])
    found = response_figures(scores, np.array([False, True, True]))
    assert found.every.recall_at_1 == pytest.approx(1 / 3) and found.every.recall_at_10 == 1
    assert found.every.mrr == pytest.approx((1 + 1 / 1.5 + 1 / 3) / 3)
    assert found.with_intent.pairs == 2 and found.with_intent.recall_at_1 == 0
    assert found.with_intent.mrr == pytest.approx((1 / 1.5 + 1 / 3) / 2)


labels = some.lists(some.sampled_from("abcde"), max_size=3, unique=True)
rows = some.lists(some.tuples(labels, some.sampled_from("abcde")), min_size=1, max_size=8)


@given(rows)
def test_recall_grows_with_k(rows):
    shown, truth = offers(*(row for row, _ in rows)), [label for _, label in rows]
    found = [recall_at(shown, truth, k) for k in (1, 2, 3, 4)]
    assert found == sorted(found) and found[0] >= 0 and found[3] <= 1
    figures = intent_figures(shown, truth, np.ones(len(rows)))
    assert (figures.precision_at_1, figures.recall_at_3, figures.mrr) == (found[0], found[2], 1)


matrices = some.lists(
    some.lists(some.integers(0, 3), min_size=12, max_size=12), min_size=1, max_size=6
)


@given(matrices)
def test_ranks_of_responses_keep_their_bounds(values):
    scores = np.array(values, float)
    ranks = mean_ranks(scores, np.zeros(len(scores), int))
    assert (ranks >= 1).all() and (ranks <= 12).all()
    found = response_figures(scores, np.ones(len(scores), bool)).every
    assert found.recall_at_1 <= found.recall_at_10
    assert found.recall_at_1 <= found.mrr <= 1 and found.mrr >= 1 / 12


def test_trials_are_the_true_response_and_different_others():
    said = [f"word{'abcdefghij'[i % 10]} {'xyz'[i % 3]}" for i in range(90)]
    split = LabelledPairs(tuple(map(str, range(90))), ("a",) * 90, tuple(said))
    trials = draw_trials(split, 10, 3)
    assert trials.candidates.shape == (90, 10) and len(trials.texts) == 30
    for row, places in zip(trials.rows, trials.candidates, strict=True):
        assert trials.texts[places[0]] == normal_form(said[row])
        assert len(set(places.tolist())) == 10
    again = draw_trials(split, 10, 3)
    assert (again.candidates == trials.candidates).all()
    assert (draw_trials(split, 10, 4).candidates != trials.candidates).any()
    assert draw_trials(split, 100, 0).candidates.shape == (90, 30)  # all that there are


def test_frequent_responses_are_drawn_more_often():
    said = ("often",) * 60 + tuple(f"rare {a}{b}" for a in "abcdef" for b in "abcdefghij")
    split = LabelledPairs(said, ("a",) * 120, said)
    trials = draw_trials(split, 5, 0)
    drawn = (trials.candidates[60:, 1:] == trials.texts.index("often")).any(axis=1)
    assert drawn.mean() > 0.8


def test_one_form_alone_gives_no_trial():
    assert draw_trials(LabelledPairs(("a", "b"), ("x", "x"), ("Yes", "yes!")), 10, 0) is None


def test_answers_are_white_and_centred():
    scores = np.random.default_rng(0).dirichlet([4.0, 2, 1], 500)
    whitening = Whitening.of(scores)
    answers = whitening.answers(scores)
    assert np.allclose(answers.mean(axis=0), 0)
    found = answers.T @ answers / len(answers)
    variance = np.linalg.eigvalsh(np.cov(np.log(scores).T, bias=True))
    assert np.allclose(found, np.diag(variance / (variance + 0.01 * variance[-1])))


def test_scores_of_responses_by_hand():
    expected = np.array([[1.0, 0], [0, 1], [0, 0]])
    matcher = Matcher(Whitening(np.log([0.5, 0.5]), np.eye(2)), expected)
    found = matcher.scores(np.array([[0.5, 1.0], [1.0, 0]]), np.array([[0, 1, 2], [2, 1, 0]]))
    # log 0.5 - log 0.5 and log 1 - log 0.5; no score is below 1e-5
    assert np.allclose(found, [[0, np.log(2), 0], [0, np.log(2e-5), np.log(2)]])


def test_responses_let_expect_what_their_messages_are_scored():
    def score(messages):
        meal, other = [0.8, 0.1, 0.1], [0.1, 0.5, 0.4]
        return np.array([meal if "today" in text else other for text in messages])

    texts = ("sounds good to me", "thank you", "zzz")
    matcher = fit_matcher(score, TRAIN, texts)
    assert np.allclose(np.linalg.norm(matcher.expected, axis=1), [1, 1, 0])
    places = np.array([[0, 1, 2]] * 2)
    found = matcher.scores(score(["lunch today", "a gift"]), places)
    assert found[0].argmax() == 0 and found[1].argmax() == 1 and (found[:, 2] == 0).all()


def test_the_prior_counts_one_more_of_each():
    assert np.allclose(label_prior(["a", "a", "odd"], ("a", "b")), [3 / 4, 1 / 4])


def test_nearest_by_hand():
    near = Nearest(("red house", "blue sky", "red car"))
    places, cosines = near.near(["red car", "blue sky"], 2)
    assert places[:, 0].tolist() == [2, 1] and np.allclose(cosines[:, 0], 1)
    assert places[0, 1] == 0 and 0 < cosines[0, 1] < 1
    assert near.near(["red"], 9)[0].shape == (1, 3)
    assert near.near(["zzz"], 2)[1].tolist() == [[0, 0]]


def test_votes_by_hand():
    found = votes(np.array([[0, 1, 0, -1]]), np.array([[0.8, 0.6, 0.2, 0.4]]), 2)
    assert np.allclose(found, [[1.0 / 4, 0.6 / 4]])


def trials(messages, texts, candidates):
    return Trials(tuple(messages), np.arange(len(messages)), tuple(texts), np.array(candidates))


def test_the_most_frequent():
    found = frequent_baseline(TRAIN, LABELS)
    assert np.allclose(found.score(["x", "y"]), [[3 / 7, 2 / 7, 2 / 7]] * 2)
    cases = trials(["x"], ("sounds good", "thank you", "unheard"), [[2, 1, 0]])
    assert found.match(cases).tolist() == [[0, 1, 2]] and found.by_chance


def test_of_many_pairs_some_are_drawn(monkeypatch):
    monkeypatch.setattr(baselines, "MOST_KNOWN", 2)
    monkeypatch.setattr(matching, "MOST_PAIRS", 2)
    assert (nearest_baseline(TRAIN, LABELS).score(["lunch dinner gift sky"]) > 0).any()
    scored = []
    fit_matcher(lambda texts: scored.append(texts) or np.eye(len(texts)), TRAIN, ("sounds good",))
    assert len(scored[0]) == 2 and set(scored[0]) < set(TRAIN.messages)


def test_the_nearest_messages():
    found = nearest_baseline(TRAIN, LABELS)
    scores = found.score(["lunch today", "a gift", "zzz"])
    assert scores[:2].argmax(axis=1).tolist() == [0, 1] and scores[2].tolist() == [0, 0, 0]
    cases = trials(["a gift"], ("sounds good", "thank you so much"), [[1, 0]])
    (row,) = found.match(cases)
    assert row[0] > row[1]


class Written:
    """fastText's binding: it remembers the corpus and is sure of the second label."""

    def __init__(self, path, **options):
        self.corpus = Path(path).read_text(encoding="utf-8")
        self.f = self

    def predict(self, text, k, threshold, errors):
        assert text.endswith("\n") and k == 3
        return [(1.00001, "__label__1"), (0.25, "__label__0")]


def test_fasttext_by_a_stand_in(monkeypatch):
    made = []
    module = ModuleType("fasttext")
    module.__spec__ = ModuleSpec("fasttext", None)
    module.train_supervised = lambda *a, **o: made.append(Written(*a, **o)) or made[-1]
    monkeypatch.setitem(sys.modules, "fasttext", module)
    assert has_fasttext()
    found = fasttext_baseline(TRAIN, LABELS)
    assert made[0].corpus.splitlines()[2] == "__label__1 here is a gift"
    assert found.score(["Well, hi"]).tolist() == [[0.25, 1, 0]] and found.probabilities


def test_too_sure_scores_are_calibrated():
    # right for three of four messages, and always sure
    sure = System("sure", lambda messages: np.tile([1.0, 0, 0], (len(messages), 1)))
    valid = LabelledPairs(tuple("abcd"), ("meal", "meal", "meal", "quiet"), tuple("abcd"))
    found = calibrated(sure, valid, LABELS).score(["x"])
    assert np.isclose(found.sum(), 1) and found[0, 0] == pytest.approx(0.75, abs=1e-3)


def test_fasttext_is_left_out_where_it_is_not(monkeypatch):
    absent = SimpleNamespace(find_spec=lambda name: None)
    monkeypatch.setattr(baselines.importlib, "util", absent)
    assert not has_fasttext()


def test_ridge_regression_of_all_columns_at_once():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(30, 8)) * (rng.random((30, 8)) < 0.5)
    answers = rng.normal(size=(30, 3))
    found = matching._ridge(csr_array(inputs), answers)
    expected = np.linalg.solve(inputs.T @ inputs + matching.RIDGE * np.eye(8), inputs.T @ answers)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert not matching._ridge(csr_array((4, 2)), np.zeros((4, 3))).any()
