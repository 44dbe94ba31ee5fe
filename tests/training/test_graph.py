"""Training from a graph: who is matched with whom, terms by hand, what it is worth, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from pnet_tf._keras import keras, tf
from pnet_tf.data import make_dataset
from pnet_tf.errors import InputError
from pnet_tf.graph import make_graph
from pnet_tf.settings import GraphSettings, make_settings
from pnet_tf.training.fit import fit
from pnet_tf.training.graph import (
    NeighbourAgreement,
    PropagatedLabels,
    draw_neighbours,
    graph_examples,
    graph_terms,
    make_input_graph,
)
from pnet_tf.training.objective import Step
from pnet_tf.training.planning import check_settings, plan_fit

from .small import ALONE, TAUGHT, WORDS, features, network, weights

A, B, C, D, E = range(5)
NODES = ["open a", "b", "close c", "d", "open a too"]
EDGES = make_graph([A, B, C], [B, E, D], [1.0, 3.0, 2.0], nodes=NODES)
TEXTS = ["open a", "shut", "close c", "shut", "open a", "shut"]
DATA = make_dataset(TEXTS, ["open", "shut"] * 3, valid=(["open"], ["open"]))


def test_nodes_are_examples_by_their_input():
    found = graph_examples(DATA, make_input_graph(EDGES, None, DATA), GraphSettings())
    assert found.data.train.inputs.tolist() == [*TEXTS, "b", "d", "open a too"]
    assert found.data.train.targets.tolist() == [0, 1, 0, 1, 0, 1, -1, -1, -1]
    assert found.data.valid is DATA.valid and found.labels.shape == found.shares.shape == (9, 1)
    assert not found.shares[:6].any()
    np.testing.assert_allclose(found.shares[6:].sum(axis=1), 1.0, rtol=1e-6)
    assert found.labels[6:, 0].tolist() == [0, 0, 0]
    edges = found.weights.toarray()
    assert edges[0, 6] == 1 and edges[6, 8] == 3 and edges[2, 7] == 2
    assert np.count_nonzero(edges) == 6 and (edges == edges.T).all()


def test_what_no_seed_reaches_has_no_label():
    graph = make_graph(["open a", "x"], ["b", "y"])
    found = graph_examples(DATA, make_input_graph(graph, None, DATA), GraphSettings())
    assert found.data.train.inputs[6:].tolist() == ["b", "x", "y"]
    assert (found.shares[6:].sum(axis=1) > 0).tolist() == [True, False, False]


def test_nodes_with_one_input_are_one_example_and_no_neighbours():
    graph = make_graph([0, 1], [1, 2], nodes=["p", "q", "r"])
    data = make_dataset(np.eye(4, dtype=np.float32), [0, 1, 0, 1], valid=(np.eye(4)[:1], [0]))
    nodes = np.eye(4, dtype=np.float32)[[0, 0, 2]]
    found = graph_examples(data, make_input_graph(graph, nodes, data), GraphSettings())
    assert len(found.data.train.targets) == 4 and found.weights.nnz == 2
    assert found.weights[0, 2] == found.weights[2, 0] == 1


def examples(data, graph, nodes=None, **settings):
    return graph_examples(data, make_input_graph(graph, nodes, data), GraphSettings(**settings))


def test_examples_without_a_label_get_one_of_the_graph():
    """And a message that has a label in one row and none in another is a seed, with that label."""
    data = make_dataset(["b", "open a", "d", "b", "open a", "shut", "shut"],
                        [None, None, None, None, "open", "shut", "shut"],
                        valid=(["open"], ["open"]))  # fmt: skip
    found = examples(data, EDGES)
    assert found.data.train.inputs[7:].tolist() == ["close c", "open a too"]
    # in train: b of row 0; d, joined with c alone, is reached by nobody
    assert (found.shares.sum(axis=1) > 0).tolist() == [True] + 7 * [False] + [True]
    assert found.labels[[0, 8], 0].tolist() == [0, 0]
    assert found.weights[4, 0] == 1 and found.weights[0, 8] == 3 and found.weights[2, 7] == 2
    assert found.weights.nnz == 6


def test_shares_by_hand():
    """b lies between seeds: Y_b = (0.1 * (2 Y_a + Y_c) + 0.01 / 3) / 0.31, and Y_a, Y_c likewise.

    The label that reached nobody is none of its two, whose shares sum to 1.
    """
    data = make_dataset(["a", "c", "z"], ["one", "two", "three"], valid=(["a"], ["one"]))
    graph = make_graph(["b", "b"], ["a", "c"], [2.0, 1.0])
    found = examples(data, graph)
    assert found.data.labels == ("one", "three", "two") and found.labels[3].tolist() == [0, 2]
    m_a, m_b, m_c = 1.21, 0.31, 1.11  # 1 + 0.1 w + 0.01, 0.3 + 0.01
    system = np.array([[m_a, -0.2, 0], [-0.2, m_b, -0.1], [0, -0.1, m_c]])
    scores = np.linalg.solve(system, np.array([[1, 0], [0, 0], [0, 1]]) + 0.01 / 3)[1]
    np.testing.assert_allclose(found.shares[3], scores / scores.sum(), atol=1e-3)
    assert found.shares[3].sum() == pytest.approx(1, abs=1e-6) and not found.shares[:3].any()


def test_settings_reach_the_propagation():
    data = make_dataset(["a", "c", "z"], ["one", "two", "three"], valid=(["a"], ["one"]))
    graph = make_graph(["b", "b", "c"], ["a", "c", "e"], [2.0, 1.0, 4.0])
    plain = examples(data, graph)
    for change in ({"neighbour_weight": 3.0}, {"prior_weight": 1.0}, {"normalise": True}):
        assert np.abs(examples(data, graph, **change).shares - plain.shares).max() > 1e-3
        assert examples(data, graph, **change).sha256 != plain.sha256
    assert plain.labels.shape[1] == 2 and examples(data, graph, most_labels=1).labels.shape[1] == 1
    assert examples(data, graph).sha256 == plain.sha256
    assert examples(data, make_graph(["b", "b"], ["a", "c"], [2.0, 1.0])).sha256 != plain.sha256


def test_what_no_label_reaches_is_in_the_digest_too():
    found = {
        examples(DATA, make_graph(["open a", name], ["b", "y"], [1.0, weight])).sha256
        for name, weight in (("x", 1.0), ("x", 2.0), ("z", 1.0), ("x", 1.0))
    }
    assert len(found) == 3


def test_many_nodes_of_one_example_and_zeros_of_either_sign():
    """Nodes 1 and 2 are the row without a label: the first one's labels count, their edges add."""
    x = np.array([[0.0, 1], [1, 0], [2, 2]], np.float32)
    data = make_dataset(x, ["a", "b", None], valid=(x[:1], ["a"]))
    nodes = np.array([[-0.0, 1], [2, 2], [2, 2], [1, 0]], np.float32)
    graph = make_graph([0, 1, 2], [1, 2, 3], [1.0, 1.0, 2.0], nodes=list("pqrs"))
    found = examples(data, graph, nodes)
    assert len(found.data.train.targets) == 3
    assert found.weights.toarray().tolist() == [[0, 0, 1], [0, 0, 2], [1, 2, 0]]
    assert found.labels[2].tolist() == [0, 1] and found.shares[2].sum() == pytest.approx(1)
    scores = found.propagation.dense()[1]
    np.testing.assert_allclose(found.shares[2], scores / scores.sum(), rtol=1e-6)


def test_spaces_around_a_message_do_not_part_it_from_its_node():
    data = make_dataset([" open a ", "shut"], ["open", "shut"], valid=(["open"], ["open"]))
    found = examples(data, EDGES)
    assert found.data.train.inputs.tolist() == [" open a ", "shut", "b", "close c", "d", NODES[4]]
    assert found.shares[2].sum() == 1


def test_several_labels_of_an_example_stay():
    data = make_dataset(["open a", "shut"], [{"open": 3, "shut": 1}, "shut"],
                        valid=(["open a"], ["open"]))  # fmt: skip
    soft = examples(data, EDGES).data.train.soft
    assert soft.shares.sum(axis=1).tolist() == [1, 1, 0, 0, 0, 0] and len(soft.labels) == 6


WEIGHTS = st.one_of(st.sampled_from([0.0, 1e-30, 1.0, 1e30]), st.floats(2**-100, 2**120, width=32))


@given(st.lists(st.lists(WEIGHTS, max_size=5), min_size=1, max_size=6), st.integers(0, 99))
def test_who_is_drawn_is_a_neighbour(rows, seed):
    """Also where zeros are stored, and where a sum of weights would swallow the small ones."""
    counts = [len(row) for row in rows]
    columns = np.concatenate([np.arange(count) for count in counts]).astype(np.int32)
    data = np.array([w for row in rows for w in row], np.float32)
    weights = csr_array((data, columns, np.cumsum([0, *counts])), shape=(len(rows), 5))
    drawn = draw_neighbours(weights, np.random.default_rng(seed))
    for row, column in zip(rows, drawn, strict=True):
        allowed = {at for at, weight in enumerate(row) if weight > 0} or {-1}
        assert column in allowed


def test_small_weights_are_drawn_behind_large_ones():
    edges = csr_array(np.array([[1e30, 0, 0], [0, 1.0, 3.0]], np.float32))
    drawn = [draw_neighbours(edges, np.random.default_rng(i))[1] for i in range(1000)]
    assert np.mean(np.array(drawn) == 2) == pytest.approx(0.75, abs=0.05)


def test_an_epoch_draws_anew_and_gives_inputs_of_neighbours():
    found = examples(DATA, EDGES)
    inputs = np.arange(9) * 10
    chosen = [found.extra(epoch, 0, inputs)["neighbour"].tolist() for epoch in range(20)]
    assert chosen[3] == found.extra(3, 0, inputs)["neighbour"].tolist()
    assert {row[6] for row in chosen} == {0, 80} and {row[8] for row in chosen} == {60}
    assert chosen != [found.extra(epoch, 1, inputs)["neighbour"].tolist() for epoch in range(20)]
    for epoch in range(20):
        has = found.extra(epoch, 0, inputs)["has_neighbour"].tolist()
        assert has == [True, False, True, False, False, False, True, True, True]


def test_neighbours_are_drawn_by_weight():
    edges = csr_array(np.array([[0, 1, 3, 0], [1, 0, 0, 0], [3, 0, 0, 0], [0, 0, 0, 0.0]]))
    drawn = np.array([draw_neighbours(edges, np.random.default_rng(i)) for i in range(2000)])
    assert set(drawn[:, 0]) == {1, 2} and (drawn[:, 0] == 2).mean() == pytest.approx(0.75, abs=0.04)
    assert (drawn[:, 1:] == [0, 0, -1]).all()
    assert (draw_neighbours(csr_array((3, 3)), np.random.default_rng(0)) == -1).all()


def test_terms_by_hand():
    student = tf.constant([[0.0, 0.0], [np.log(3.0), 0.0], [0.0, 0.0]], tf.float32)
    arrays = {
        "propagated_labels": tf.constant([[0, 1], [0, 1], [0, 0]]),
        "propagated_shares": tf.constant([[0.5, 0.5], [1.0, 0.0], [0.0, 0.0]]),
        "has_propagated": tf.constant([True, True, False]),
        "neighbour": tf.constant([[np.log(3.0), 0.0], [9.0, 0.0], [0.0, 9.0]], tf.float32),
        "has_neighbour": tf.constant([True, False, False]),
    }
    step = Step("classification", student, None, tf.constant([-1, -1, 0]), tf.ones(3), None, False,
                arrays, None, lambda inputs: inputs)  # fmt: skip
    expected = (np.log(2) + np.log(4 / 3)) / 2
    assert PropagatedLabels()(step).numpy() == pytest.approx(expected, rel=1e-6)
    assert NeighbourAgreement()(step).numpy() == pytest.approx(2 * 0.25**2, rel=1e-5)
    names = [term.name for term in graph_terms(GraphSettings())]
    assert names == ["propagated", "neighbours"]
    given = graph_terms(GraphSettings(propagated=2, neighbours=3))
    assert [term.weight for term in given] == [2, 3]
    assert not graph_terms(GraphSettings(propagated=0, neighbours=0))


def chain(rows=90):
    """Clusters whose rows are joined in a ring each; three of them have labels."""
    x, y = features(rows)
    order = np.arange(rows).reshape(-1, 3).T  # cluster, member
    pairs = np.concatenate([np.stack([ring, np.roll(ring, 1)]) for ring in order], axis=1)
    graph = make_graph(pairs[0], pairs[1], nodes=[str(i) for i in range(rows)])
    test_x, test_y = features(rows, seed=1)
    data = make_dataset(x[:6], y[:6], valid=(test_x, test_y))
    return data, graph, x


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("changes", [ALONE, TAUGHT], ids=["alone", "taught"])
def test_a_graph_is_worth_labels(changes):
    data, graph, x = chain()
    changes = {**changes, "schedule": {"epochs": 12, "batch_size": 32}}
    alone = fit(data, changes)
    taught = fit(data, changes, graph=graph, nodes=x)
    score = "valid_projection_accuracy"
    assert taught.best[score] > alone.best[score] + 0.2
    row = taught.history[-1]
    assert {"projection_loss", "propagated_loss", "neighbours_loss"} <= set(row)
    assert taught.data is data and row["neighbours_loss"] > 0


@pytest.mark.usefixtures("eager")
def test_messages_are_nodes_and_a_seed_decides():
    settings = {**WORDS, "augment": {"drop_words": 0.1}}
    one, two = (fit(DATA, settings, graph=EDGES) for _ in range(2))
    assert all(map(np.array_equal, weights(one.student), weights(two.student)))
    other = fit(DATA, {**settings, "graph": {"neighbours": 0.0}}, graph=EDGES)
    assert not all(map(np.array_equal, weights(one.student), weights(other.student)))
    assert "neighbours_loss" not in other.history[0]


@pytest.mark.usefixtures("eager")
def test_the_history_is_of_the_examples_that_a_term_counts():
    """A student that hardly moves: the mean over batches of one is that over one batch."""
    data, graph, x = chain(12)
    graph = make_graph([0, 3], [3, 9], nodes=graph.nodes)  # 9 alone learns of a label, 6 does not
    student, rows = network(), []
    for size in (1, 5, 16):
        schedule = {"epochs": 1, "batch_size": size, "learning_rate": 1e-9}
        found = fit(data, {**ALONE, "schedule": schedule}, graph=graph, nodes=x, student=student)
        rows.append(found.history[0])
    for name in ("projection_loss", "propagated_loss", "neighbours_loss"):
        assert [row[name] for row in rows] == pytest.approx(3 * [rows[0][name]], rel=1e-4)
        assert rows[0][name] > 0


@pytest.mark.usefixtures("eager")
def test_neighbours_are_changed_as_the_examples_of_their_epoch_are():
    for augment, same in (({}, True), ({"misspell": 0.5}, False)):
        settings = make_settings("text", [WORDS, {"augment": augment}])
        plan = plan_fit(DATA, settings, graph=make_input_graph(EDGES, None, DATA)).prepared
        view = plan.view(1)
        assert (view.student is plan.train.student) == same
        assert np.array_equal(view.student, plan.train.student) == same
        assert np.array_equal(view.extra["neighbour"][0], view.student[6])
        assert np.array_equal(view.extra["neighbour"][2], view.student[7])


def test_a_student_of_ones_own_sees_raw_neighbours():
    data, graph, x = chain(30)
    source = keras.Input((6,))
    student = keras.Model(source, keras.layers.Dense(3)(source))
    found = fit(data, ALONE, graph=graph, nodes=x, student=student)
    assert found.history[-1]["neighbours_loss"] > 0


def refused(words, data=DATA, graph=EDGES, nodes=None, changes=WORDS, **more):
    with pytest.raises(InputError, match=words) as caught:
        fit(data, changes, graph=graph, nodes=nodes, **more)
    assert "\n" not in str(caught.value)


def test_what_is_no_graph_of_these_data():
    data, graph, x = chain(30)
    refused("needs the inputs of its nodes: these are dense data", data, graph, None, ALONE)
    refused(r"inputs of nodes must be \[30, 6\], got \[29, 6\]", data, graph, x[1:], ALONE)
    refused(r"inputs of nodes must be \[30, 6\], got \[30, 5\]", data, graph, x[:, 1:], ALONE)
    refused("inputs of nodes must be text", nodes=[1, 2, 3, 4, 5])
    refused("none of its 2 nodes is a labelled example of train", graph=make_graph(["x"], ["y"]))
    values = make_dataset(x, x[:, :1].astype(float))
    refused("these data are a regression", values, graph, x, ALONE)
    refused("teacher_logits are for the examples of train", teacher_logits=np.zeros((6, 2)))
    settings = make_settings("text", [WORDS, {"graph": {"edges": "no.tsv"}}])
    with pytest.raises(InputError, match=r"no\.tsv: no such file"):
        check_settings(DATA, [settings])
    settings = make_settings("text", WORDS)
    plan_fit(DATA, settings, graph=make_input_graph(EDGES, None, DATA))
