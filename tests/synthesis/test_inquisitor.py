import numpy as np
import pytest
from scipy.stats import spearmanr

from pnet_tf.synthesis.inquisitor import Belief, Inquisitor, accuracy_of, log_error
from pnet_tf.synthesis.records import FINISHED, Record
from pnet_tf.synthesis.result import rank_correlation
from tests.synthesis.conftest import PAIR, accuracy, cost


def test_log_error_by_hand_and_back():
    assert log_error(0.901) == pytest.approx(-1.0)
    assert log_error(1.0) == pytest.approx(-3.0)
    values = np.linspace(0, 1, 11)
    np.testing.assert_allclose(accuracy_of(log_error(values)), values, atol=1e-12)


def test_a_belief_is_a_normal_distribution():
    belief = Belief(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    np.testing.assert_allclose(belief.below(1.0), [0.8413447, 0.5], atol=1e-6)


def test_costs_and_accuracies_of_unseen_networks_are_ranked(world):
    learned = world(40)
    rng = np.random.default_rng(5)
    unseen = [learned.space.random(rng) for _ in range(60)]
    asked = learned.inquisitor
    foretold = asked.cost("bytes", unseen).mean
    assert spearmanr(foretold, [cost(one) for one in unseen]).statistic > 0.9
    ends = asked.error(unseen).mean
    assert spearmanr(-ends, [accuracy(one) for one in unseen]).statistic > 0.7


def test_what_matters_is_found_important_and_its_change_advised(world):
    asked = world(60).inquisitor
    assert next(iter(asked.importance())) == "head.dense.units"
    network = {**asked.finished[0].network, "head.dense.units": 24}
    best = asked.advice(network)[0]
    assert best.dimension == "head.dense.units" and best.after > best.before and best.gain > 0
    assert all(change.gain > 0 for change in asked.advice(network, most=20))


def test_without_trained_networks_more_bytes_and_a_known_start_are_better(world):
    learned = world(12)
    start = learned.space.start(PAIR)
    nothing = Inquisitor(learned.space, [r for r in learned.records if r.accuracy is None], [start])
    assert nothing.importance() == {} and nothing.advice(start) == []
    errors = nothing.error([start, learned.space.random(np.random.default_rng(1))]).mean
    assert errors[0] < errors[1]


def test_the_end_is_foretold_from_a_curve(world):
    learned = world(20)
    asked = learned.inquisitor
    other = learned.space.random(np.random.default_rng(9))
    curve = tuple(accuracy(other) * (1 - 0.5 ** (epoch + 1)) for epoch in range(2))
    facts = {"bytes": cost(other), "macs": cost(other) / 2}
    belief = asked.end(Record(99, other, facts, FINISHED, None, curve))
    assert float(accuracy_of(belief.mean[0])) == pytest.approx(accuracy(other), abs=0.03)
    assert asked.end(Record(99, other, facts, FINISHED, None, ())) is None
    none = Inquisitor(learned.space, (), [learned.space.start(PAIR)])
    assert none.end(Record(99, other, facts, FINISHED, None, curve)) is None


def test_with_few_others_the_end_is_what_they_gained_from_a_quarter_on(world):
    space, network = world(0).space, world(1).records[0].network
    facts = {"bytes": 5000.0, "macs": 500.0}
    known = [
        Record(0, network, facts, FINISHED, 0.9, (0.3, 0.6, 0.6, 0.8, 0.8, 0.8, 0.8, 0.9)),
        Record(1, network, facts, FINISHED, 0.8, (0.3, 0.6, 0.6, 0.7, 0.7, 0.7, 0.7, 0.8)),
    ]
    asked = Inquisitor(space, known, [space.start(PAIR)])
    assert asked.end(Record(2, network, facts, FINISHED, None, (0.2,))) is None
    belief = asked.end(Record(2, network, facts, FINISHED, None, (0.2, 0.2)))
    # errors of 0.4 became 0.1 and 0.2, so one of 0.8 becomes 0.8 / sqrt(4 * 2), the floor aside
    assert 1 - float(accuracy_of(belief.mean[0])) == pytest.approx(0.8 / 8**0.5, abs=0.003)
    assert belief.std[0] == 0.2


def test_rank_correlation_by_hand():
    def told(number, foretold, true):
        return Record(number, {}, {}, FINISHED, true, foretold={"start": foretold})

    falling = [told(0, 0.9, 0.1), told(1, 0.8, 0.2), told(2, 0.7, 0.3)]
    assert rank_correlation(falling, "start") == pytest.approx(-1.0)
    assert rank_correlation(falling, "quarter") == 0.0 == rank_correlation(falling[:2], "start")
