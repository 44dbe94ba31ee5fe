import json

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.graph import propagate, propagate_files, read_graph, read_seeds
from tests.calls import call

EDGES = "a\tb\nb\tc\t\nd\td\n".replace("\t\n", "\n")
SEEDS = "a\tx\nc\ty\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder of a graph with a loop and a lonely node, and of seeds, to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g.tsv").write_text(EDGES, encoding="utf-8")
    (tmp_path / "s.tsv").write_text(SEEDS, encoding="utf-8")
    return tmp_path


def test_the_command(files):
    result = call("propagate", "g.tsv", "s.tsv", "--out", "o.tsv", "--json", "r.json")
    rows = [line.split("\t") for line in (files / "o.tsv").read_text().splitlines()]
    assert [row[:2] for row in rows] == [
        ["a", "x"], ["a", "y"], ["b", "x"], ["b", "y"], ["c", "y"], ["c", "x"],
    ]  # fmt: skip
    found = propagate(read_graph("g.tsv"), read_seeds("s.tsv"))
    assert float(rows[0][2]) == pytest.approx(found.dense()[0, 0], rel=1e-5)
    assert float(rows[2][2]) == 0.5
    report = json.loads((files / "r.json").read_text())
    last = found.history[-1]
    assert report == {
        "file": "o.tsv", "nodes": 4, "edges": 2, "loops": 1, "seeds": 2, "labels": 2,
        "steps": last.step, "change": last.change, "objective": last.objective,
        "converged": True, "reached_share": 0.75,
    }  # fmt: skip
    for words in ("4 nodes, 2 edges", "to itself, dropped  1", "2 nodes, 2 labels", "converged",
                  "nodes reached", "75.00%", "o.tsv", f"{last.step}"):  # fmt: skip
        assert words in result.stdout
    assert result.stderr == ""


def test_json_alone_on_standard_output(files):
    result = call("propagate", "g.tsv", "s.tsv", "--out", "o.tsv", "--json", "-")
    assert json.loads(result.stdout)["nodes"] == 4


def test_what_is_written_is_a_table_of_seeds(files):
    call("propagate", "g.tsv", "s.tsv", "--out", "o.tsv")
    again = read_seeds("o.tsv")
    assert len(again.nodes) == 6 and again.weights.sum() == pytest.approx(3, rel=1e-5)


def test_arrays(files):
    call("propagate", "g.tsv", "s.tsv", "--out", "o.NPZ")
    found = propagate(read_graph("g.tsv"), read_seeds("s.tsv"))
    with np.load("o.NPZ", allow_pickle=False) as arrays:
        assert arrays["nodes"].tolist() == ["a", "b", "c", "d"]
        assert arrays["labels"].tolist() == ["x", "y"]
        whole = np.repeat(arrays["default"][:, None], 2, axis=1)
        for row, (a, b) in enumerate(zip(arrays["indptr"], arrays["indptr"][1:], strict=False)):
            whole[row, arrays["indices"][a:b]] = arrays["scores"][a:b]
    assert whole == pytest.approx(found.dense(), abs=1e-6) and whole.dtype == np.float32


def test_options_reach_the_function(files):
    options = {"seed_weight": 2.0, "neighbour_weight": 0.5, "prior_weight": 0.125,
               "most_labels": 1, "most_steps": 3, "tolerance": 0.0, "normalise": True,
               "abandonment": True}  # fmt: skip
    words = ["--seed-weight", 2, "--neighbour-weight", 0.5, "--prior-weight", 0.125, "--labels", 1,
             "--steps", 3, "--tolerance", 0, "--normalise", "--abandonment"]  # fmt: skip
    (files / "g.tsv").write_text("a\tb\t1\nb\tc\t2\nb\td\t3\nd\te\t1\na\tf\t2\nf\tc\t4\n")
    (files / "s.tsv").write_text("a\tx\nf\tx\nc\ty\ne\tz\n")
    result = call("propagate", "g.tsv", "s.tsv", "--out", "o.tsv", *words)
    propagate_files("g.tsv", "s.tsv", "p.tsv", **options)
    assert (files / "o.tsv").read_bytes() == (files / "p.tsv").read_bytes()
    assert "not converged: more --steps may help" in result.stdout
    for name in options:
        changed = {key: value for key, value in options.items() if key != name}
        if name == "tolerance":
            changed["tolerance"] = 1.0
        propagate_files("g.tsv", "s.tsv", "p.tsv", **changed)
        assert (files / "o.tsv").read_bytes() != (files / "p.tsv").read_bytes(), name


def test_help_has_the_defaults_of_the_function():
    defaults = propagate.__kwdefaults__
    text = " ".join(call("propagate", "--help").stdout.split())
    for option, name in (("--seed-weight W", "seed_weight"), ("--labels K", "most_labels"),
                         ("--neighbour-weight W", "neighbour_weight"), ("--steps N", "most_steps"),
                         ("--prior-weight W", "prior_weight"),
                         ("--tolerance X", "tolerance")):  # fmt: skip
        after = text.split(option)[1].split("default: ")[1]
        assert after.startswith(f"{defaults[name]:g}]"), option


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("none.tsv", "s.tsv", "--out", "o.tsv"), "none.tsv: no such file"),
        (("g.tsv", "none.tsv", "--out", "o.tsv"), "none.tsv: no such file"),
        (("g.tsv", "bad.tsv", "--out", "o.tsv"), "bad.tsv row 1: found 1 columns"),
        (("g.tsv", "stray.tsv", "--out", "o.tsv"), "stray.tsv: 1 of the nodes are not"),
        (("g.tsv", "s.tsv", "--out", "no/o.tsv"), "does not exist; make the folder first"),
        (("g.tsv", "s.tsv", "--out", "."), "is a folder"),
        (("g.tsv", "s.tsv", "--out", "g.tsv"), "g.tsv is one of the inputs"),
        (("g.tsv", "s.tsv", "--out", "./s.tsv"), "s.tsv is one of the inputs"),
        (("g.tsv", "s.tsv", "--out", "link.tsv"), "link.tsv is one of the inputs"),
        (("g.tsv", "s.tsv", "--out", "o.tsv", "--json", "o.tsv"), "give --json its own"),
        (("g.tsv", "s.tsv", "--out", "run/report.json"), "a file of a run itself; .* for --out"),
        (("g.tsv", "s.tsv", "--out", "o.tsv", "--labels", "0"), "--labels must be"),
        (("g.tsv", "s.tsv", "--out", "o.tsv", "--steps", "x"), "not a valid integer"),
        (("g.tsv", "s.tsv"), "Missing option '--out'"),
    ],
)
def test_the_command_refuses(files, words, message):
    (files / "bad.tsv").write_text("a\n")
    (files / "stray.tsv").write_text("q\tx\n")
    (files / "link.tsv").symlink_to("g.tsv")
    (files / "run").mkdir()
    for name in ("config.json", "labels.json", "report.json"):
        (files / "run" / name).write_text("{}")
    before = {path: path.stat().st_mtime_ns for path in files.iterdir()}
    result = call("propagate", *words, code=2)
    assert len(result.stderr.strip().splitlines()) == 1 or "Usage" in result.stderr
    with pytest.raises(InputError, match=message):
        raise InputError(result.stderr)
    assert {path: path.stat().st_mtime_ns for path in files.iterdir()} == before


def test_names_that_could_steer_a_terminal_are_spelt_out(files):
    (files / "s.tsv").write_text("a\u202eb\tx\n", encoding="utf-8")
    result = call("propagate", "g.tsv", "s.tsv", "--out", "o.tsv", code=2)
    assert "\u202e" not in result.stderr and "202e" in result.stderr
    (files / "\u202eo.tsv").write_text("")
    (files / "s.tsv").write_text(SEEDS, encoding="utf-8")
    result = call("propagate", "g.tsv", "s.tsv", "--out", "\u202eo.tsv")
    assert "\u202e" not in result.stdout and "\\x202eo.tsv" in result.stdout


def test_names_of_both_directions_pass_through(files):
    names = ("\u05d0\u05d1", "\u0627", "\u5b57")
    (files / "g.tsv").write_text("{0}\t{1}\n{1}\t{2}\n".format(*names), encoding="utf-8")
    (files / "s.tsv").write_text(f"{names[0]}\t\u05d2\n", encoding="utf-8")
    call("propagate", "g.tsv", "s.tsv", "--out", "o.tsv")
    rows = (files / "o.tsv").read_text(encoding="utf-8").splitlines()
    assert rows == [f"{name}\t\u05d2\t1" for name in names]


def test_nothing_is_written_when_the_work_fails(files, monkeypatch):
    def fail(*arguments, **options):
        raise InputError("no")

    (files / "o.tsv").write_text("before")
    monkeypatch.setattr("pnet_tf.graph.run.propagate", fail)
    call("propagate", "g.tsv", "s.tsv", "--out", "o.tsv", code=2)
    assert (files / "o.tsv").read_text() == "before"
    assert sorted(path.name for path in files.iterdir()) == ["g.tsv", "o.tsv", "s.tsv"]


def test_the_target_is_tried_before_the_work(files, monkeypatch):
    monkeypatch.setattr("pnet_tf.graph.run.read_graph", lambda path: pytest.fail("worked"))
    call("propagate", "g.tsv", "s.tsv", "--out", "no/o.tsv", code=2)


def test_an_install_without_scipy_is_told_what_to_install(files, monkeypatch):
    def missing(*arguments, **options):
        raise ModuleNotFoundError("No module named 'scipy'", name="scipy")

    monkeypatch.setattr("pnet_tf.graph.propagate_files", missing)
    result = call("propagate", "g.tsv", "s.tsv", "--out", "o.tsv", code=2)
    assert "needs SciPy: install the extra, pnet-tf[train]" in result.stderr


def test_tables_longer_than_a_piece_are_written_whole(files, monkeypatch):
    call("propagate", "g.tsv", "s.tsv", "--out", "o.tsv")
    monkeypatch.setattr("pnet_tf.graph.run._ROWS", 4)
    call("propagate", "g.tsv", "s.tsv", "--out", "p.tsv")
    assert (files / "o.tsv").read_bytes() == (files / "p.tsv").read_bytes()
