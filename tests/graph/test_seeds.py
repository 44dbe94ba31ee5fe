import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.graph import make_graph, make_seeds, propagate, read_seeds
from pnet_tf.graph.seeds import as_seeds, seed_labels, seed_matrix

GRAPH = make_graph(["a", "b"], ["b", "c"])


def put(folder, content, name="s.tsv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_rows_of_a_table(tmp_path):
    seeds = read_seeds(put(tmp_path, "node\tlabel\tweight\na\tx\t2\nc\ty\t0.5\na\ty\t1\n"))
    assert (seeds.nodes, seeds.labels) == (("a", "c", "a"), ("x", "y", "y"))
    assert seeds.weights.tolist() == [2, 0.5, 1]
    assert seed_matrix(seeds, GRAPH, ("x", "y")).toarray().tolist() == [[2, 1], [0, 0], [0, 0.5]]
    assert read_seeds(put(tmp_path, "a,x\n", "s.csv")).weights.tolist() == [1]
    assert read_seeds(put(tmp_path, "Name\tClass\na\tx\n")).nodes == ("a",)


def test_equal_rows_are_summed():
    seeds = make_seeds(["a", "a"], ["x", "x"], [1, 2])
    assert seed_matrix(seeds, GRAPH, ["x"]).toarray()[0, 0] == 3


def test_numbers_are_names_of_nodes():
    graph = make_graph([0, 1], [1, 2])
    seeds = make_seeds(np.array([2]), ["x"])
    assert seed_matrix(seeds, graph, ["x"]).toarray().ravel().tolist() == [0, 0, 1]


def test_mappings():
    seeds = as_seeds({"a": "x", "b": {"x": 1, "y": 3}, 7: "z"})
    assert seeds.nodes == ("a", "b", "b", "7") and seeds.labels == ("x", "x", "y", "z")
    assert seeds.weights.tolist() == [1, 1, 3, 1]


def test_labels_are_sorted_as_numbers_where_they_are():
    assert seed_labels(make_seeds("abc", ["10", "9", "10"]), None) == ("9", "10")
    assert seed_labels(make_seeds("ab", ["y", "x"]), None) == ("x", "y")
    assert seed_labels(make_seeds("ab", ["y", "x"]), ["y", "z", "x"]) == ("y", "z", "x")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "s.tsv: no row; needed: rows of node, label, perhaps weight"),
        ("node\tlabel\n", "s.tsv: no row"),
        ("a\n", "row 1: found 1 columns; allowed: 2 or 3 with tabs between .node, label"),
        ("a\tx\t0\n", "row 1: the weight is 0; allowed: a finite number above 0"),
        ("a\tx\t1\nb\tx\t-2\n", "row 2: the weight is -2"),
        ("a\tx\tinf\n", "row 1: the weight is inf"),
        ("a\tx\tnan\n", "row 1: the weight is nan"),
        ("a\tx\tlots\n", "row 1: the weight is 'lots'; allowed: a number"),
        ("a\tx\nb\t \n", "row 2: the label is empty"),
        ("a\tx\n\nb\ty\x07\n", r"row 3: the label is 'y\\x07'; allowed: text without control"),
        ("\tx\n", "row 1: the node is empty"),
        ("a\x1b\tx\n", r"row 1: the node is 'a\\x1b'"),
        (b"a\tx\nb\t\xc3\n", "row 2: byte 0xc3 is not UTF-8"),
    ],
)
def test_damaged_tables(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        read_seeds(put(tmp_path, content))


def test_seeds_that_are_no_node_are_counted_and_the_first_named(tmp_path):
    seeds = read_seeds(put(tmp_path, "a\tx\nq\tx\nr\tx\nq\ty\ns\tx\nt\ty\n"))
    with pytest.raises(InputError) as caught:
        propagate(GRAPH, seeds)
    assert str(caught.value) == (
        f"{tmp_path / 's.tsv'}: 4 of the nodes are not in the graph: 'q', 'r', 's', ...; "
        "allowed: its 3 nodes"
    )
    with pytest.raises(InputError, match="1 of the nodes are not in the graph: 'q'; allowed"):
        propagate(GRAPH, {"a": "x", "q": "y"})


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        ({}, "seeds: empty"),
        ({"a": {}}, "seeds: empty"),
        (["a"], "seeds must be Seeds or map nodes to labels"),
        ({"a": 3}, r"seeds\[0\]: the label is 3; allowed: text"),
        ({"a": {"x": "much"}}, "weights of seeds must be numbers"),
        ({"a": {"x": 0}}, r"seeds\[0\]: the weight is 0"),
        ({None: "x"}, r"seeds\[0\]: the node is None"),
    ],
)
def test_refuses(seeds, message):
    with pytest.raises(InputError, match=message):
        propagate(GRAPH, seeds)


def test_columns_of_different_lengths_are_refused():
    for arguments in ((["a"], ["x", "y"]), (["a"], ["x"], [1, 2]), (["a"], ["x"], [[1]])):
        with pytest.raises(InputError, match="allowed: as many of each"):
            make_seeds(*arguments)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["y"], r"seeds\[0\]: the label 'x' is none of the 1 given"),
        (["x", "x"], "labels hold 'x' twice"),
        ("xy", "labels must be a list"),
        (["x", ""], r"labels\[1\] is empty"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, message):
    with pytest.raises(InputError, match=message):
        propagate(GRAPH, {"a": "x"}, labels=labels)
