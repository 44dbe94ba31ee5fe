import gzip

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.graph import make_graph, read_graph, rows, write_graph


def put(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def seen(graph):
    upper = np.triu(graph.weights.toarray())
    return {
        (graph.nodes[a], graph.nodes[b]): float(upper[a, b]) for a, b in np.argwhere(upper > 0)
    }


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("g.tsv", "a\tb\t2\nb\tc\t0.5\n", {("a", "b"): 2, ("b", "c"): 0.5}),
        ("g.txt", "a\tb\nb\ta", {("a", "b"): 2}),
        ("g.tsv", "source\ttarget\tweight\na\tb\t2\n", {("a", "b"): 2}),
        ("g.tsv", "FROM\tTo\na\tb\n", {("a", "b"): 1}),
        ("g.tsv", "source\tb\na\tb\n", {("source", "b"): 1, ("b", "a"): 1}),
        ("g.tsv", b"\xef\xbb\xbfa\tb\r\n\r\n\n b \t c\r\n", {("a", "b"): 1, ("b", "c"): 1}),
        ("g.csv", 'a,"b, c",2\n\na,d,1\n', {("a", "b, c"): 2, ("a", "d"): 1}),
        ("g.CSV", "src,dst,w\na,b,1e1\n", {("a", "b"): 10}),
        ("g.tsv", "\u05d0\t\u05d1\n", {("\u05d0", "\u05d1"): 1}),
        ("g.tsv", "a\u2028b\tc\n", {("a\u2028b", "c"): 1}),
        ("g.tsv", "1\t2\n", {("1", "2"): 1}),
    ],
)
def test_tables(tmp_path, name, content, expected):
    assert seen(read_graph(put(tmp_path, name, content))) == expected


@pytest.mark.parametrize("name", ["g.tsv.gz", "g.csv.GZ"])
def test_packed_tables(tmp_path, name):
    between = "," if "csv" in name else "\t"
    path = put(tmp_path, name, gzip.compress(f"a{between}b\n".encode()))
    assert seen(read_graph(path)) == {("a", "b"): 1}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("g.tsv", "", "g.tsv: no row; needed: rows of source, target, perhaps weight"),
        ("g.tsv", "source\ttarget\n", "g.tsv: no row"),
        ("g.tsv", "a\nb\n", "row 1: found 1 columns; allowed: 2 or 3 with tabs between"),
        ("g.csv", "a\tb\n", "row 1: found 1 columns; allowed: 2 or 3 with commas between"),
        ("g.tsv", "a\tb\t1\td\n", "row 1: found 4 columns"),
        ("g.tsv", "a\tb\t1\n\nb\tc\n", "row 3: found 2 columns; allowed: 3 as in the first row"),
        ("g.tsv", "a\tb\nb\tc\t1\n", "row 2: found 3 columns; allowed: 2"),
        ("g.tsv", "a\tb\t1\nb\tc\tnan\n", "row 2: the weight is nan; allowed: a finite number"),
        ("g.tsv", "a\tb\t-1\n", "row 1: the weight is -1"),
        ("g.tsv", "a\tb\t1\nb\tc\theavy\n", "row 2: the weight is 'heavy'; allowed: a number"),
        ("g.tsv", "a\tb\tweight\n", "row 1: the weight is 'weight'"),
        ("g.tsv", "a\tb\n\tc\n", "row 2: the name is empty"),
        ("g.tsv", "a\tb\na\tb\x1b[1m\n", r"row 2: the name is 'b\\x1b\[1m'"),
        ("g.tsv", "a\tb\na\t\x00\n", r"row 2: the name is '\\x00'"),
        ("g.tsv", "a\ta\nb\tb\n", "no edge, found 2 of a node to itself; allowed: at least one"),
        ("g.tsv", "a\tb\t0\n", "no edge, found none"),
        ("g.tsv", b"a\tb\nc\t\xff\n", "row 2: byte 0xff is not UTF-8"),
        ("g.tsv", "a\tb\n" + "x" * 5_000_000, "row 2: longer than the 65536 bytes"),
        ("g.csv", 'a,b\na,"b\nc,d\n', "row 2: the name is|row 3: not valid CSV"),
        ("g.csv", 'a,b\n"a"x,b\n', "row 2: not valid CSV"),
        ("g.tsv.gz", b"a\tb\n", "g.tsv.gz: damaged or not readable"),
        ("g.tsv.gz", gzip.compress(b"a\tb\n" * 9, mtime=0)[:-6], "g.tsv.gz: damaged"),
        ("g.tsv.gz", gzip.compress(b"a\tb\n" * 300_000, mtime=0), "g.tsv.gz: .* decompress to"),
        ("g.npz", b"PK", "not a zip file"),
    ],
)
def test_damaged_tables(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read_graph(put(tmp_path, name, content))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_what_is_no_file(tmp_path):
    for path in (tmp_path, tmp_path / "none.tsv", tmp_path / "none.npz"):
        with pytest.raises(InputError, match="no such file|not a plain file"):
            read_graph(path)


@pytest.mark.parametrize("piece", [7, 64, 1 << 20])
@pytest.mark.parametrize("odd", ["", "\n", "\r\n"])
def test_pieces_and_quick_rows_change_nothing(tmp_path, monkeypatch, piece, odd):
    edges = [(f"n{at % 7}", f"m\u00e9{at % 5}", 1 + at % 3) for at in range(60)]
    lines = [f"{a}\t{b}\t{w}\n" for a, b, w in edges]
    lines.insert(40, odd)
    path = put(tmp_path, "g.tsv", "".join(lines))
    monkeypatch.setattr(rows, "_PIECE_BYTES", piece)
    found = read_graph(path)
    expected = make_graph(*zip(*edges, strict=True))
    assert found.nodes == expected.nodes and (found.weights != expected.weights).nnz == 0


@pytest.mark.parametrize(
    ("bad", "line"), [("a\tb\tx", 31), ("a\tb", 31), ("a\tb\t1\t2", 31), ("a\tb\t-1", 31)]
)
@pytest.mark.parametrize("piece", [16, 1 << 20])
def test_rows_are_counted_across_pieces(tmp_path, monkeypatch, bad, line, piece):
    lines = ["c\td\t1"] * 60
    lines[line - 1] = bad
    monkeypatch.setattr(rows, "_PIECE_BYTES", piece)
    with pytest.raises(InputError, match=rf"g.tsv row {line}: "):
        read_graph(put(tmp_path, "g.tsv", "\n".join(lines)))


def test_uneven_rows_that_have_the_right_sum_are_seen():
    assert rows._is_even(b"a\tb\nc\td", 2) and rows._is_even(b"a\tb\tc", 3)
    for data in (b"a\nb\tc\td", b"a\tb\n", b"\na\tb", b"a\tb\nc", b"a\tb\tc\td"):
        assert not rows._is_even(data, 2), data


def save(folder, **arrays):
    np.savez(folder / "g.npz", **arrays)
    return folder / "g.npz"


def test_arrays(tmp_path):
    ends = {"source": np.array([0, 1]), "target": np.array([1, 2], np.uint8)}
    assert seen(read_graph(save(tmp_path, **ends))) == {("0", "1"): 1, ("1", "2"): 1}
    weight = np.array([2, 3], np.float16)
    graph = read_graph(save(tmp_path, edges=np.array([[0, 1], [1, 2]]), weight=weight))
    assert seen(graph) == {("0", "1"): 2, ("1", "2"): 3}
    nodes = np.array(["x", "y", "z", "alone"])
    graph = read_graph(save(tmp_path, **ends, nodes=nodes, weight=np.array([1, 2])))
    assert graph.nodes == tuple(nodes) and seen(graph) == {("x", "y"): 1, ("y", "z"): 2}
    named = {"source": np.array(["u", "v"]), "target": np.array(["v", "w"])}
    assert seen(read_graph(save(tmp_path, **named))) == {("u", "v"): 1, ("v", "w"): 1}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"source": [0]}, "needed are source and target, or edges .* found source"),
        ({"x": [0]}, "found none of them"),
        ({"edges": [[0, 1, 2]]}, r"edges has the shape \(1, 3\); allowed: \(2, E\)"),
        ({"edges": [0, 1]}, r"edges has the shape \(2,\)"),
        ({"edges": [[0.0], [1.0]]}, r"edges\[0\] holds float64"),
        ({"source": [0, 1], "target": [1]}, "2 source and 1 target"),
        ({"source": [[0]], "target": [[1]]}, r"source has the shape \(1, 1\)"),
        ({"source": [0], "target": [-1]}, "g.npz: edge 0: joins 0 and -1"),
        ({"source": [0], "target": ["a"]}, "source and target must both be names or both"),
        ({"source": [0], "target": [1], "weight": [1, 2]}, r"weight: int64 of the shape \(2,\)"),
        ({"source": [0], "target": [1], "weight": ["1"]}, "weight: <U1 of the shape"),
        ({"source": [0], "target": [1], "weight": [np.nan]}, "g.npz: edge 0: the weight is nan"),
        ({"source": [0], "target": [1], "nodes": ["a"]}, "edge 0: joins 0 and 1; .* 0 to 0"),
        ({"source": [0], "target": [1], "nodes": ["a", "a"]}, r"nodes\[1\]: the name 'a' is there"),
        ({"source": [0], "target": [1], "nodes": ["a", "\x1b"]}, r"nodes\[1\]: the name is"),
        ({"source": [0], "target": [1], "nodes": [1, 2]}, "nodes is 'int64'"),
        ({"source": np.array(["a", None]), "target": [1, 2]}, "holds Python objects"),
        ({"source": [2], "target": [2]}, "no edge, found 1 of a node to itself"),
        ({"source": np.zeros(0, int), "target": np.zeros(0, int)}, "no edge, found none"),
    ],
)
def test_damaged_arrays(tmp_path, arrays, message):
    with pytest.raises(InputError, match=message) as caught:
        read_graph(save(tmp_path, **arrays))
    assert "g.npz" in str(caught.value)


def test_what_is_written_is_read_again(tmp_path):
    graph = make_graph(["a", "b", "b"], ["b", "c", "b"], [1, 0.1, 1], nodes=["c", "b", "a", "d"])
    write_graph(tmp_path / "g.npz", graph)
    found = read_graph(tmp_path / "g.npz")
    assert found.nodes == graph.nodes and (found.weights != graph.weights).nnz == 0
    with pytest.raises(InputError, match="written as .npz"):
        write_graph(tmp_path / "g.tsv", graph)
    assert [path.name for path in tmp_path.iterdir()] == ["g.npz"]
