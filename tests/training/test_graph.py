"""Training from a graph: who is matched with whom, terms by hand, what it is worth, refusals."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from pnet_tf._keras import keras, tf
from pnet_tf.data import make_dataset
from pnet_tf.errors import InputError
from pnet_tf.graph import make_graph
from pnet_tf.settings import GraphSettings, make_settings
from pnet_tf.training.fit import fit, plan_fit
from pnet_tf.training.graph import (
    NeighbourAgreement,
    PropagatedLabels,
    draw_neighbours,
    graph_examples,
    graph_terms,
    make_input_graph,
)
from pnet_tf.training.objective import Step

from .small import ALONE, TAUGHT, WORDS, features, weights

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
    changes = {**changes, "schedule": {"epochs": 12, "batch_size": 16}}
    alone = fit(data, changes)
    taught = fit(data, changes, graph=graph, nodes=x)
    score = "valid_projection_accuracy"
    assert taught.best[score] > alone.best[score] + 0.05
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
    refused("none of its 2 nodes is an example of train", graph=make_graph(["x"], ["y"]))
    values = make_dataset(x, x[:, :1].astype(float))
    refused("these data are a regression", values, graph, x, ALONE)
    refused("teacher_logits are for the examples of train", teacher_logits=np.zeros((6, 2)))
    settings = make_settings("text", WORDS)
    plan_fit(DATA, settings, graph=make_input_graph(EDGES, None, DATA))
