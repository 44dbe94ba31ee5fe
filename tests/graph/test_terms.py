import math

import numpy as np
import pytest
from scipy.sparse import csr_array

from pnet_tf.graph import make_graph
from pnet_tf.graph.terms import make_terms, neighbour_entropy, normalised, random_walk

PATH = make_graph([0, 1], [1, 2], [1, 3]).weights
SEEDS = csr_array(np.array([[2.0, 0], [0, 0], [1, 3]]))


def terms(normalise=False, abandonment=False, parts=(1.0, 0.5, 0.25), seeds=SEEDS, graph=PATH):
    return make_terms(graph, seeds, parts, normalise=normalise, abandonment=abandonment)


def test_terms_by_hand():
    found = terms(parts=(10.0, 0.5, 0.25))
    assert found.given.toarray().tolist() == [[20, 0], [0, 0], [10, 30]]
    assert found.edges.toarray().tolist() == [[0, 0.5, 0], [0.5, 0, 1.5], [0, 1.5, 0]]
    assert found.own.tolist() == [20, 0, 40] and found.prior.tolist() == [0.25] * 3
    assert found.total.tolist() == [20.75, 2.25, 41.75]
    assert PATH.data.tolist() == [1, 1, 3, 3] and SEEDS.data.tolist() == [2, 1, 3]


def test_a_node_on_which_nothing_pulls_is_held_by_the_prior():
    graph = make_graph([0], [1], nodes=["a", "b", "c"]).weights
    found = terms(parts=(1.0, 1.0, 0.0), seeds=csr_array((3, 2), dtype=float), graph=graph)
    assert found.prior.tolist() == [0, 0, 1] and found.total.tolist() == [1, 1, 1]


def test_symmetric_normalisation_by_hand():
    found = normalised(PATH).toarray()  # the sums of rows are 1, 4, 3
    expected = [[0, 1 / 2, 0], [1 / 2, 0, 3 / math.sqrt(12)], [0, 3 / math.sqrt(12), 0]]
    assert found == pytest.approx(np.array(expected)) and found.dtype == np.float64
    assert PATH.data.tolist() == [1, 1, 3, 3]
    assert normalised(csr_array((2, 2), dtype=np.float32)).nnz == 0


def test_entropy_by_hand():
    middle = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75))
    assert neighbour_entropy(PATH) == pytest.approx([0, middle, 0])
    star = make_graph([0] * 4, [1, 2, 3, 4], nodes=list("abcdef")).weights
    assert neighbour_entropy(star) == pytest.approx([math.log(4), 0, 0, 0, 0, 0])


def test_walk_by_hand():
    star = make_graph([0] * 4, [1, 2, 3, 4]).weights  # exp H of the middle is 4
    keep = math.log(2) / math.log(6)
    inject = (1 - keep) * math.sqrt(math.log(4))
    scale = max(keep + inject, 1)
    assert scale > 1  # so that this example sees the scale
    alone = math.log(2) / math.log(3)
    walk = random_walk(star, np.array([True, True, False, False, False]))
    assert walk.go_on[:3] == pytest.approx([keep / scale, alone, alone])
    assert walk.inject[:3] == pytest.approx([inject / scale, 1 - alone, 0])
    assert walk.abandon[:3] == pytest.approx([0, 0, 1 - alone], abs=1e-12)
    unseeded = random_walk(star, np.zeros(5, bool))
    assert unseeded.abandon[0] == pytest.approx(1 - keep) and unseeded.inject.tolist() == [0] * 5


def test_abandonment_scales_the_three_terms():
    walk = random_walk(PATH.astype(float), np.array([True, False, True]))
    found, plain = terms(abandonment=True), terms()
    scale = np.diag(walk.inject)
    assert found.given.toarray() == pytest.approx(scale @ plain.given.toarray())
    assert found.own == pytest.approx(walk.inject * plain.own)
    assert found.prior == pytest.approx(walk.abandon * 0.25)
    mean = (walk.go_on[:, None] + walk.go_on[None]) / 2
    assert found.edges.toarray() == pytest.approx(mean * plain.edges.toarray())
    assert found.edges.toarray() == pytest.approx(found.edges.toarray().T)
    assert found.total == pytest.approx(found.own + found.edges.sum(axis=1) + found.prior)


def test_abandonment_sees_normalised_weights():
    graph = make_graph([0, 1, 0, 0], [1, 2, 2, 3], [1, 3, 2, 5]).weights
    seeds = csr_array(([1.0], ([0], [0])), (4, 2))
    found = terms(True, True, graph=graph, seeds=seeds).own[0]
    walk = random_walk(normalised(graph), np.arange(4) == 0)
    assert found == pytest.approx(walk.inject[0])
    assert found != pytest.approx(random_walk(graph.astype(float), np.arange(4) == 0).inject[0])
