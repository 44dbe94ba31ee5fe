import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pnet_tf.errors import InputError
from pnet_tf.graph import make_graph, make_seeds, propagate, state

PATH = make_graph(["a", "b"], ["b", "c"], [1, 2])


def test_three_nodes_by_hand():
    """a = x, c = y; the score of x solves three linear equations."""
    found = propagate(
        PATH, {"a": "x", "c": "y"}, seed_weight=1, neighbour_weight=1, prior_weight=1,
        tolerance=1e-14, most_steps=1000,
    )  # fmt: skip
    system = np.array([[3.0, -1, 0], [-1, 4, -2], [0, -2, 4]])
    x = np.linalg.solve(system, [1.5, 0.5, 0.5])
    assert found.labels == ("x", "y") and found.converged
    assert found.dense() == pytest.approx(np.stack([x, 1 - x], axis=1))
    assert found.best[0].tolist() == [0, 1, 1]
    assert found.best[1] == pytest.approx([x[0], 1 - x[1], 1 - x[2]])


def test_the_first_step_by_hand():
    found = propagate(PATH, {"a": "x", "c": "y"}, seed_weight=2, neighbour_weight=3,
                      prior_weight=1, most_steps=1)  # fmt: skip
    # a: (2*1 + 3*1*0.5 + 0.5) / 6; b: (3*1*1 + 3*2*0 + 0.5) / 10; c: (3*2*0.5 + 0.5) / 9
    assert found.dense()[:, 0] == pytest.approx([4 / 6, 3.5 / 10, 3.5 / 9])
    assert [s.step for s in found.history] == [0, 1] and not found.converged
    assert found.history[1].change == pytest.approx(3.5 / 9)
    # seeds agree at first; edges: 1 * 2 * 0.5^2 and 2 * 2 * 0.5^2; prior: two seeds
    assert found.history[0].objective == pytest.approx(3 * (0.5 + 1) + 1 * (0.5 + 0.5))


def test_weights_of_seeds():
    graph = make_graph([0], [1])
    found = propagate(graph, {0: {"x": 1, "y": 3}}, prior_weight=1, neighbour_weight=1e-9)
    assert found.dense()[0] == pytest.approx([(1 + 0.5) / 5, (3 + 0.5) / 5], rel=1e-6)


def test_a_node_that_no_seed_reaches():
    graph = make_graph([0, 2], [1, 3], nodes=list("abcde"))
    found = propagate(graph, {"a": "x"}, labels=["w", "x", "y"])
    assert found.best[0].tolist() == [1, 1, -1, -1, -1]
    assert found.best[1][2:] == pytest.approx([1 / 3] * 3)
    assert found.reached.tolist() == [True, True, False, False, False]
    assert found.dense()[2:] == pytest.approx(np.full((3, 3), 1 / 3))
    assert found.scores[:, [0]].nnz == 0  # what has come to no node is not kept


def test_one_step_reaches_neighbours_only():
    found = propagate(PATH, {"a": "x"}, labels=["x", "y"], most_steps=1)
    assert found.reached.tolist() == [True, True, False]


def test_equal_scores_go_to_the_first_label():
    graph = make_graph([0, 1], [1, 2])
    found = propagate(graph, {0: "y", 2: "x"})
    assert found.best[0].tolist() == [1, 0, 0] and found.best[1][1] == pytest.approx(0.5)


def test_one_label_is_certain_and_goes_as_far_as_the_edges():
    found = propagate(PATH, {"a": "x"})
    assert found.dense() == pytest.approx(np.ones((3, 1))) and found.converged
    assert found.reached.all()


@pytest.mark.parametrize("most_labels", [1, 10])
def test_steps_go_on_while_further_nodes_are_reached(most_labels):
    """Each edge takes a hundredth of what comes: the third is below the tolerance."""
    chain = make_graph(range(30), range(1, 31))
    found = propagate(chain, {0: "x"}, labels=["w", "x"], neighbour_weight=0.01, prior_weight=1,
                      most_labels=most_labels)  # fmt: skip
    assert found.history[10].change < 1e-4 and found.converged and found.reached.all()
    assert set(found.best[0]) == {1}
    assert len(found.history) == 32  # the last one sees that there is no further node


def test_prior_and_tolerance_may_be_zero():
    found = propagate(PATH, {"a": "x", "c": "y"}, prior_weight=0, tolerance=0, most_steps=500)
    assert len(found.history) == 501 and not found.converged
    x = found.dense()[:, 0]
    assert x[1] == pytest.approx((x[0] + 2 * x[2]) / 3)  # harmonic


def random_problem(seed, labels=5, nodes=20, edges=40, seeds=8):
    random = np.random.default_rng(seed)
    graph = make_graph(*random.integers(0, nodes, (2, edges)), random.random(edges) * 3,
                       nodes=[str(n) for n in range(nodes)])  # fmt: skip
    names = [f"l{at}" for at in range(labels)]
    given = make_seeds(random.integers(0, nodes, seeds), random.choice(names, seeds).tolist(),
                       random.random(seeds) + 0.1)  # fmt: skip
    options = dict(zip(("seed_weight", "neighbour_weight", "prior_weight"),
                       (10 ** random.uniform(-2, 2, 3)).tolist(), strict=True))  # fmt: skip
    return graph, given, options | {"labels": names}


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.booleans(), st.booleans())
def test_the_objective_never_rises_where_all_labels_are_kept(seed, normalise, abandonment):
    graph, seeds, options = random_problem(seed)
    found = propagate(graph, seeds, **options, normalise=normalise, abandonment=abandonment,
                      most_steps=30, tolerance=1e-9)  # fmt: skip
    values = np.array([step.objective for step in found.history])
    assert (np.diff(values) <= 1e-12 * max(1, values[0])).all()
    assert found.dense().sum(axis=1) == pytest.approx(np.ones(20))


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_truncated_scores_are_distributions_with_few_kept(seed, most):
    graph, seeds, options = random_problem(seed)
    found = propagate(graph, seeds, **options, most_labels=most, most_steps=20)
    assert np.diff(found.scores.indptr).max() <= most
    assert found.dense().sum(axis=1) == pytest.approx(np.ones(20))
    assert (found.dense() >= found.default[:, None] - 1e-12).all()


def test_blocks_change_nothing(monkeypatch):
    graph, seeds, options = random_problem(1, nodes=60, edges=200, seeds=30, labels=12)
    found = propagate(graph, seeds, **options, most_labels=3, most_steps=8)
    monkeypatch.setattr(state, "MOST_PRODUCT", 5)
    monkeypatch.setattr(state.advance, "__defaults__", (5,))
    again = propagate(graph, seeds, **options, most_labels=3, most_steps=8)
    assert (found.dense() == again.dense()).all()


def test_the_order_of_edges_and_nodes_does_not_matter():
    graph, seeds, options = random_problem(5)
    coo = graph.weights.tocoo()
    upper = coo.row < coo.col
    mixed = np.random.default_rng(0).permutation(int(upper.sum()))
    ends = [np.array(graph.nodes)[at[upper]][mixed] for at in (coo.row, coo.col)]
    other = make_graph(*ends, coo.data[upper][mixed], nodes=graph.nodes[::-1])
    one, two = (propagate(g, seeds, **options).dense() for g in (graph, other))
    assert two[::-1] == pytest.approx(one, abs=1e-12)


def peak_mib(labels, most_labels):
    """Of a propagation over a graph of 2,000 nodes, a seed each."""
    nodes = 2000
    random = np.random.default_rng(0)
    graph = make_graph(*random.integers(0, nodes, (2, 8000)), nodes=[str(n) for n in range(nodes)])
    seeds = make_seeds(range(nodes), [f"l{at % labels}" for at in range(nodes)])
    names = [f"l{at}" for at in range(labels)]
    tracemalloc.start()
    propagate(graph, seeds, labels=names, most_labels=most_labels, most_steps=2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def test_memory_does_not_grow_with_the_number_of_labels():
    few, many = peak_mib(200, 5), peak_mib(2000, 5)
    assert many < 1.5 * few  # with all labels kept it is ten times as much
    assert many < 2000 * 2000 * 8 / 2**20 / 2
    assert peak_mib(2000, 2000) > 3 * many


def test_who_watches_sees_every_step():
    seen = []
    found = propagate(PATH, {"a": "x", "c": "y"}, watch=seen.append)
    assert tuple(seen) == found.history and seen[0].change == np.inf
    assert [step.step for step in seen] == list(range(len(seen)))
    assert found.converged and seen[-1].change < 1e-4 <= seen[-2].change


def test_dense_scores_have_a_bound(monkeypatch):
    found = propagate(PATH, {"a": "x", "c": "y"})
    monkeypatch.setattr("pnet_tf.graph.propagation._MOST_DENSE", 6)
    assert found.dense().shape == (3, 2)
    monkeypatch.setattr("pnet_tf.graph.propagation._MOST_DENSE", 5)
    with pytest.raises(InputError, match="3 nodes x 2 labels; allowed: 5 scores"):
        found.dense()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed_weight": 0}, "seed_weight must be a number above 0, at most 1e[+]09, got 0"),
        ({"neighbour_weight": -1}, "neighbour_weight must be a number above 0"),
        ({"neighbour_weight": float("nan")}, "got nan"),
        ({"prior_weight": -0.1}, "prior_weight must be a number from 0, at most .* got -0.1"),
        ({"prior_weight": float("inf")}, "got inf"),
        ({"tolerance": "small"}, "tolerance must be a number from 0, .* got 'small'"),
        ({"seed_weight": True}, "got True"),
        ({"most_labels": 0}, "most_labels must be a whole number of at least 1, got 0"),
        ({"most_labels": 2.0}, "got 2.0"),
        ({"most_steps": 0}, "most_steps must be a whole number of at least 1"),
        ({"most_steps": True}, "got True"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(InputError, match=message):
        propagate(PATH, {"a": "x"}, **options)
