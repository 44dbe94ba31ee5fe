import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

import pnet_tf
from pnet_tf.errors import InputError
from pnet_tf.graph import Graph, make_graph

EDGES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 8)), max_size=20)


def test_both_directions_and_repeats_of_an_edge_are_summed():
    graph = make_graph(["a", "b", "c", "a"], ["b", "a", "b", "b"], [1, 2, 0.5, 4])
    assert graph.nodes == ("a", "b", "c")
    assert graph.weights.toarray().tolist() == [[0, 7, 0], [7, 0, 0.5], [0, 0.5, 0]]
    assert graph.weights.dtype == np.float32
    assert (graph.edges, graph.loops) == (2, 0)


def test_names_are_numbered_as_they_appear():
    assert make_graph(["z", "a"], ["m", "z"]).nodes == ("z", "m", "a")


def test_loops_are_dropped_and_counted():
    graph = make_graph([0, 1, 1, 0], [0, 1, 0, 0], [5, 6, 7, 8])
    assert (graph.edges, graph.loops, graph.weights[0, 1]) == (1, 3, 7)


def test_without_weights_each_edge_counts_one():
    assert make_graph([0, 1], [1, 0]).weights[0, 1] == 2


def test_nodes_without_an_edge_and_edges_of_weight_zero():
    graph = make_graph([0, 1], [1, 2], [1, 0], nodes=["a", "b", "c", "d"])
    assert (graph.nodes, graph.edges) == (("a", "b", "c", "d"), 1)
    assert make_graph([], []).nodes == () and make_graph([], [], nodes=["a"]).edges == 0
    assert make_graph([0], [3]).nodes == ("0", "1", "2", "3")


def test_numbers_make_a_million_nodes_or_ten_an_edge(monkeypatch):
    assert len(make_graph([0], [999_999]).nodes) == 1_000_000
    monkeypatch.setattr("pnet_tf.graph.types._UNNAMED", 1)
    assert len(make_graph([0, 0], [1, 19]).nodes) == 20
    with pytest.raises(InputError, match="0 to 19 unless"):
        make_graph([0, 0], [1, 20])


def test_names_may_be_given_with_nodes():
    graph = make_graph(["b"], ["a"], nodes=("a", "b", "c"))
    assert graph.weights.toarray()[0].tolist() == [0, 1, 0] and len(graph.nodes) == 3


@given(EDGES)
def test_the_matrix_is_the_sum_of_all_edges_and_symmetric(edges):
    expected = np.zeros((6, 6))
    for source, target, weight in edges:
        if source != target:
            expected[source, target] += weight
            expected[target, source] += weight
    ends = [[edge[at] for edge in edges] for at in range(3)]
    graph = make_graph(*ends, nodes=list("abcdef"))
    assert (graph.weights.toarray() == expected).all()
    assert graph.edges == np.count_nonzero(np.triu(expected))
    assert graph.loops == sum(source == target for source, target, _ in edges)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 0], [1, 1], [1, -0.5]), "edge 1: the weight is -0.5; allowed: a finite number"),
        (([0, 0], [1, 1], [np.nan, 1]), "edge 0: the weight is nan"),
        (([0], [1], [np.inf]), "edge 0: the weight is inf"),
        (([0], [1], [1e39]), r"edge 0: the weight is 1e\+39"),
        (([0], [0], [-1]), "edge 0: the weight is -1"),
        (([0, 0], [1, 1], [3e38, 3e38]), "sum to more than a float32"),
        (([0, 1], [1, 0], [3e38, 3e38]), "sum to more than a float32"),
        (([0], [1], ["x"]), "weights must be numbers"),
        (([0], [1], [1, 2]), r"weights: float64 of the shape \(2,\); allowed: 1 numbers"),
        (([0, 1], [1]), "2 sources and 1 targets"),
        (([0, -1], [1, 1]), "edge 1: joins -1 and 1; allowed: numbers of nodes"),
        (([0], [10**6]), "edge 0: joins 0 and 1000000; .* 0 to 999999 unless nodes are given"),
        (([0, 0], [1, 2**40]), "edge 1: joins 0 and 1099511627776"),
        (([0], np.array([2**64 - 1], np.uint64)), "edge 0: joins 0 and -1"),
        (([0], [2], None, ["a", "b"]), "edge 0: joins 0 and 2; .* 0 to 1"),
        ((["a"], ["c"], None, ["a", "b"]), "edge 0: 'c' is no node; allowed: the 2 nodes"),
        ((["c"], ["a"], None, ["a", "b"]), "edge 0: 'c' is no node"),
        ((["a"], [1]), "must both be names or both be whole numbers"),
        (("ab", ["a"]), "sources must be a list of nodes, got 'ab'"),
        ((3, ["a"]), "sources must be a list of nodes, got 3"),
        (([0.5], [1.0]), r"sources\[0\] is 0.5; allowed: a name"),
        ((np.array([0.5]), np.array([1.0])), "sources holds float64"),
        ((np.zeros((2, 2), int), [1, 1]), r"sources has the shape \(2, 2\)"),
        (([True], [False]), r"sources\[0\] is True"),
        ((["a", "b\x1b[2J"], ["b", "c"]), r"edge 1: the name is 'b\\x1b\[2J'; .* control"),
        ((["a"], [""]), "edge 0: the name is empty"),
        ((["a"], ["n" * 1001]), "edge 0: the name has 1001 characters; allowed: at most 1000"),
        ((["a"], ["b"], None, ["a", "b", "a"]), r"nodes\[2\]: the name 'a' is there twice"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        make_graph(*arguments)


def test_right_to_left_names_and_the_longest_are_names():
    names = ["\u05d0\u05d1", "n" * 1000]
    assert make_graph(names[:1], names[1:]).nodes == tuple(names)


def matrix(rows, kind=np.float32):
    return csr_array(np.array(rows, kind))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (matrix([[0, 1], [2, 0]]), "not symmetric"),
        (matrix([[0, 1], [1, 3]]), "joins a node to itself"),
        (matrix([[0, -1], [-1, 0]]), "not above 0"),
        (matrix([[0, np.inf], [np.inf, 0]]), "not above 0 and finite"),
        (matrix([[0, 1], [1, 0]], np.float64), "holds float64; allowed: float32"),
        (matrix([[0]]), r"has the shape \(1, 1\); allowed: \(2, 2\)"),
        (np.zeros((2, 2)), "must be a csr_array, got ndarray"),
    ],
)
def test_a_matrix_that_is_no_graph_is_refused(weights, message):
    with pytest.raises(InputError, match=message):
        Graph(("a", "b"), weights)


def test_a_matrix_with_a_stored_zero_or_repeats_is_refused():
    zero = csr_array((np.zeros(2, np.float32), np.array([1, 0]), np.array([0, 1, 2])), (2, 2))
    twice = csr_array((np.ones(4, np.float32), np.array([1, 1, 0, 0]), np.array([0, 2, 4])), (2, 2))
    for weights in (zero, twice):
        with pytest.raises(InputError, match="the matrix of weights"):
            Graph(("a", "b"), weights)


def test_the_public_names_are_these():
    assert pnet_tf.Graph is Graph and pnet_tf.make_graph is make_graph
