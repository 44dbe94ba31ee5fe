from dataclasses import replace
from itertools import chain, cycle

import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.compress.choose import Trainable, choose_plans
from pnet_tf.compress.coded_model import load_coded, measured
from pnet_tf.compress.trials import TRIALS, WEIGHTS, plans_found, read_trials
from pnet_tf.errors import InputError

from .searches import kept_weights, model_of, net_of


def test_the_search_ends_where_nothing_smaller_keeps_the_score(tmp_path):
    model, shown, fits = model_of(), [], []
    choice = choose_plans(net_of(model, 60, fits.append), tmp_path / "s", 0.0, show=shown.append)
    assert choice.base_score == choice.score == 1.0
    # 240 weights; of steps as the ladder has them none more keeps 60
    assert 60 <= kept_weights(model) < 90
    assert choice.size_bytes < choice.float32_bytes / 5
    assert choice.ratio == round(choice.float32_bytes / choice.size_bytes, 2)
    assert [trial.number for trial in shown] == list(range(1, choice.trials + 1))
    kept = [trial.size_bytes for trial in shown if trial.kept]
    assert kept == sorted(kept, reverse=True) and kept[-1] == choice.size_bytes
    assert all(trial.score == 1 for trial in shown if trial.kept)
    assert any(trial.score == 0 for trial in shown)
    # what keeps the score as it is needs no retraining
    assert [trial.retrained for trial in shown] == [trial.score == 0 for trial in shown]
    assert 0 < len(fits) == sum(trial.retrained for trial in shown) < len(shown)
    fresh = model_of(5)
    load_coded(fresh, tmp_path / "s" / WEIGHTS)
    for a, b in zip(fresh.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_nothing_is_kept_where_every_loss_is_too_much(tmp_path):
    model = model_of()
    before = model.get_weights()
    scores = iter([1.0] + [0.0] * 1000)
    net = Trainable(model, lambda small: None, lambda tried: next(scores))
    choice = choose_plans(net, tmp_path / "s", 0.5)
    assert choice.plans == {} and choice.size_bytes == choice.float32_bytes and choice.ratio == 1
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("after", [4, pytest.param(17, marks=pytest.mark.slow)])
def test_a_killed_search_comes_to_the_same_end(after, tmp_path):
    def noisy(model):
        def fit(small):
            for weight in model.weights:  # what retraining draws depends on the trial alone
                moved = tf.random.normal(weight.shape, stddev=1e-3)
                weight.assign_add(tf.where(weight == 0.0, 0.0, moved))

        return Trainable(model, fit, lambda tried: float(kept_weights(tried) >= 60))

    whole = model_of()
    expected = choose_plans(noisy(whole), tmp_path / "whole", 0.0)

    def stop(trial):
        if trial.number == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        choose_plans(noisy(model_of()), tmp_path / "s", 0.0, show=stop)
    with (tmp_path / "s" / TRIALS).open("a") as stream:
        stream.write('{"number": 99, "pla')  # cut off while it was written
    resumed, shown = model_of(), []
    assert choose_plans(noisy(resumed), tmp_path / "s", 0.0, show=shown.append) == expected
    assert shown[0].number == after + 1
    for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    same = [(t.plans, t.score, t.size_bytes, t.kept) for t in read_trials(tmp_path / "whole")]
    assert same == [(t.plans, t.score, t.size_bytes, t.kept) for t in read_trials(tmp_path / "s")]


def test_a_retraining_that_mends_the_loss_is_kept(tmp_path):
    model, damage = model_of(), [0.0]

    def score(tried):
        damage[0] += kept_weights(tried) < 240
        return float(damage[0] % 2 == 0)

    choice = choose_plans(Trainable(model, lambda small: None, score), tmp_path / "s", 0.0)
    trials = read_trials(tmp_path / "s")
    assert trials[0].retrained and trials[0].kept and trials[0].score == choice.score == 1.0


def test_a_retraining_that_ends_in_no_numbers_is_a_trial_that_failed(tmp_path):
    model, fits = model_of(), []

    def fit(small):
        fits.append(small)
        if len(fits) % 2:
            model.weights[0].assign(np.full(model.weights[0].shape, np.nan))

    scores = chain([1.0], cycle([0.0, 1.0]))  # every trial wants retraining
    choice = choose_plans(Trainable(model, fit, lambda tried: next(scores)), tmp_path / "s", 0.0)
    kept = [trial.number for trial in read_trials(tmp_path / "s") if trial.kept]
    assert kept and all(number % 2 == 0 for number in kept)
    assert choice.ratio > 1 and all(np.isfinite(w).all() for w in model.get_weights())


def test_weights_that_are_no_numbers_and_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(InputError, match="mine cannot be written"):
        choose_plans(net_of(model_of(), 60), tmp_path / "mine", 0.0)
    assert (tmp_path / "mine").read_text() == "mine"
    model, tried = model_of(), []
    model.weights[0].assign(np.full(model.weights[0].shape, np.nan))
    with pytest.raises(InputError, match="finite"):
        choose_plans(Trainable(model, tried.append, lambda net: 1.0), tmp_path / "s", 0.0)
    assert not tried and not (tmp_path / "s").exists()


def test_weights_move_from_value_to_value_in_a_trial(tmp_path):
    class MovedError(Exception):
        pass

    model = model_of()

    def alike():
        """Of each weight the first place of its value."""
        weights = model.get_weights()[0].ravel().tolist()
        return [weights.index(weight) for weight in weights]

    def fit(small):
        before = alike()
        small.compile(keras.optimizers.Adam(0.1), "mse")
        small.fit(np.eye(12, dtype=np.float32), np.ones((12, 3)), verbose=0)
        if len({*before}) <= 64 and alike() != before:  # values are shared
            raise MovedError

    scores = chain([1.0], cycle([0.0]))
    with pytest.raises(MovedError):
        choose_plans(Trainable(model, fit, lambda tried: next(scores)), tmp_path / "s", 0.0)


def finishing(model, possible, finished):
    """Short trainings lose 1 in all; the long one gains it where `possible` weights are left."""

    def finish(small):
        finished.append(small)

    def score(tried):
        count = kept_weights(tried)
        if count == 240:
            return 1.0
        return float(len(finished) > 0 and count >= possible) - (count < 60)

    return Trainable(model, lambda small: None, score, finish)


@pytest.mark.parametrize(
    "possible",
    [pytest.param(0, marks=pytest.mark.slow), 62, pytest.param(241, marks=pytest.mark.slow)],
)
def test_the_smallest_that_a_longer_training_brings_back(possible, tmp_path):
    model, finished = model_of(), []
    choice = choose_plans(finishing(model, possible, finished), tmp_path / "s", 0.0, slack=1.0)
    trials = read_trials(tmp_path / "s")
    final = [trial for trial in trials if trial.final]
    kept = [trial for trial in trials if trial.kept and not trial.final]
    short = [trial for trial in kept if trial.number < final[0].number]
    assert len(short) > 4 and finished
    assert final[0].plans == short[-1].plans
    good = [trial for trial in final if trial.kept]
    if possible == 0:
        assert len(final) == 1 and choice.size_bytes <= short[-1].size_bytes
    elif possible == 62:
        assert kept_weights(model) == 63  # of the kept ones 72, 63, 61, 60
        assert choice.score == 1 and choice.plans == good[-1].plans
        place = [trial.plans for trial in short].index(choice.plans)
        assert {t.kept for t in final if t.plans == short[place + 1].plans} == {False}
    else:
        # sought again without slack: values are shared, no zeros
        assert not good and choice.plans == kept[-1].plans and choice.score == 1
        assert kept[-1].number > final[-1].number
        assert kept_weights(model) == 240 and choice.ratio > 6
    again = model_of()
    assert (
        choose_plans(finishing(again, possible, list(finished)), tmp_path / "s", 0.0, slack=1.0)
        == choice
    )
    for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_lies_in_a_gap_between_last_trainings_is_tried(tmp_path):
    model, last, starts = model_of(), [], []

    def finish(small):
        starts.append(model.get_weights())
        model.set_weights([1.25 * weight for weight in model.get_weights()])
        last.append("finish")

    def score(tried):  # 30 weights do for short trainings, 45 of the 240 for last ones
        how, count = last.pop() if last else "short", kept_weights(tried)
        if count == 240:
            return 1.0
        shared = sum(one.values for one in measured(tried)) < count
        return float(count >= 45) if how == "finish" else -9.0 * (shared or count < 30)

    net = Trainable(model, lambda small: None, score, finish)
    choice = choose_plans(net, tmp_path / "s", 0.0, slack=1.0)
    trials = read_trials(tmp_path / "s")
    assert {one["prune"] for one in trials[1].plans.values()} == {0.7} and trials[1].kept
    assert {one["prune"] for one in trials[2].plans.values()} == {0.85} and trials[2].kept
    # of these two the first alone came back at the end; 0.8 lies between, and had been passed over
    *_, good, bad, between = final = [trial for trial in trials if trial.final]
    assert bad.plans == trials[2].plans and good.plans == trials[1].plans and not bad.kept
    assert {one["prune"] for one in between.plans.values()} == {0.8}
    assert choice.plans == between.plans and choice.score == 1 and kept_weights(model) == 48
    again = model_of()
    load_coded(again, tmp_path / "s" / f"trial_{good.number}.pnc")
    assert len(starts) == len(final)
    for a, b in zip(starts[-1], again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, np.where(a, b, 0))


def test_a_longer_training_starts_from_the_weights_of_its_trial(tmp_path):
    model, last, starts = model_of(), [], []

    def fit(small):
        small.model.set_weights([1.25 * weight for weight in small.model.get_weights()])
        last.append("fit")

    def finish(small):
        starts.append(small.model.get_weights())
        last.append("finish")

    def score(tried):
        count = kept_weights(tried)
        if count == 240:
            return 1.0
        how = last.pop() if last else "as it was"
        return {"as it was": -1.0, "fit": -float(count < 60), "finish": float(count >= 62)}[how]

    choose_plans(Trainable(model, fit, score, finish), tmp_path / "s", 0.0, slack=1.0)
    trials = read_trials(tmp_path / "s")
    final = [trial for trial in trials if trial.final]
    assert len(final) == len(starts) > 1
    again = model_of()
    for trial, start in zip(final, starts, strict=True):
        (short,) = [t for t in trials if t.kept and not t.final and t.plans == trial.plans]
        load_coded(again, tmp_path / "s" / f"trial_{short.number}.pnc")
        for a, b in zip(start, again.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("ends", ["fit", "finish"])
def test_plans_of_a_search_before_are_all_where_they_keep_the_score(ends, tmp_path):
    choose_plans(net_of(model_of(), 60), tmp_path / "before", 0.0)
    model, trained = model_of(1), []
    plans = plans_found(tmp_path / "before", model)
    assert kept_weights(model) == 240 and plans["a/kernel"].prune > 0.5

    def score(tried):  # what is smaller wants the longest training that there is
        return float(kept_weights(tried) == 240 or trained[-1:] == [ends])

    def of(model):
        finish = (lambda small: trained.append("finish")) if ends == "finish" else None
        return Trainable(model, lambda small: trained.append("fit"), score, finish)

    choice = choose_plans(of(model), tmp_path / "s", 0.0, like=plans)
    (trial,) = read_trials(tmp_path / "s")
    assert trained == [ends] and trial.kept and trial.final and choice.trials == 1
    assert choice.score == 1 and choice.ratio > 5
    assert plans_found(tmp_path / "s", model) == plans
    again = model_of(1)
    assert choose_plans(of(again), tmp_path / "s", 0.0, like=plans) == choice and len(trained) == 1
    for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(InputError, match="of another model, data, keep_loss or like"):
        choose_plans(of(model_of(1)), tmp_path / "s", 0.0)


def test_of_plans_before_that_lose_too_much_what_lies_between_is_all(tmp_path):
    asked, model = {"a": {"prune": 0.99}}, model_of()
    choice = choose_plans(net_of(model, 60), tmp_path / "s", 0.0, like=asked)
    trials = read_trials(tmp_path / "s")
    # of 240 weights 192 are in `a`; 60 must be left
    tried = [(t.plans["a/kernel"]["prune"], t.kept) for t in trials]
    assert tried == [(0.99, False), (0.9, True), (0.97, False), (0.93, True), (0.95, False)]
    assert all(list(t.plans) == ["a/kernel"] and t.final for t in trials)
    assert choice.plans == trials[3].plans and kept_weights(model) == 13 + 48


def test_plans_before_of_which_nothing_keeps_the_score_change_nothing(tmp_path):
    def net(model):
        whole = lambda tried: float(all(m.zeros == 0 for m in measured(tried)[1:]))  # noqa: E731
        return Trainable(model, lambda small: None, whole)

    model, other = model_of(), model_of()
    alone = choose_plans(net(other), tmp_path / "alone", 0.0)
    choice = choose_plans(net(model), tmp_path / "s", 0.0, like={"b": {"prune": 0.99}})
    trials = read_trials(tmp_path / "s")
    tried, others = trials[: -alone.trials], trials[-alone.trials :]
    assert [t.plans["b/kernel"]["prune"] for t in tried] == [0.99, 0.9, 0.7, 0.3]
    assert all(t.final and not t.kept for t in tried) and not any(t.final for t in others)
    assert [trial.plans for trial in others] == [t.plans for t in read_trials(tmp_path / "alone")]
    assert choice == replace(alone, trials=alone.trials + 4)
    for a, b in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_slack_that_nothing_makes_good_is_refused(tmp_path):
    with pytest.raises(InputError, match="slack wants a finish"):
        choose_plans(net_of(model_of(), 60), tmp_path / "s", 0.0, slack=0.1)
    with pytest.raises(InputError, match="slack must be 0 or more"):
        choose_plans(finishing(model_of(), 0, []), tmp_path / "s", 0.0, slack=-0.1)
    assert not (tmp_path / "s").exists()


def test_a_loss_below_none_is_refused(tmp_path):
    for wrong in (-0.1, float("nan")):
        with pytest.raises(InputError, match="keep_loss must be 0 or more"):
            choose_plans(net_of(model_of(), 60), tmp_path / "s", wrong)
    assert not (tmp_path / "s").exists()
