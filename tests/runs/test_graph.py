"""`train --graph`: runs on disk that learn from a file of edges; what is refused leaves nothing."""

import csv
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from pnet_tf.cli import main
from pnet_tf.errors import InputError
from pnet_tf.runs import directory as runs
from pnet_tf.runs.evaluate import evaluate_run
from pnet_tf.runs.export import export_run
from pnet_tf.runs.teach import store_teacher_logits
from pnet_tf.runs.train import resume, train

from ..training.small import (
    ALONE,
    PICTURES,
    TAUGHT,
    WORDS,
    features,
    pictures,
    same,
    texts,
)
from .test_resume import arrays, cameras, outcome

pytestmark = pytest.mark.usefixtures("eager")
QUICK = {"schedule": {"epochs": 1, "batch_size": 64}}
TERMS = {"projection_loss", "propagated_loss", "neighbours_loss"}
SECRET = "zanzibar"


def ring(rows):
    """Edges, int [2, rows], that join a row to the one of its cluster after it."""
    return np.stack([np.arange(rows), (np.arange(rows) + 6) % rows])


@pytest.fixture(scope="module")
def edges(tmp_path_factory):
    """Kind -> path of a graph, some of whose nodes are examples of the data of that kind."""
    folder = tmp_path_factory.mktemp("graphs")
    rows = [f"{text}\t{SECRET} {at % 2} {at // 2}\t2" for at, text in enumerate(texts()[0][:12])]
    (folder / "text.tsv").write_text("source\ttarget\tweight\n" + "\n".join(rows) + "\n")
    (x, _), (more, _), (pixels, _) = features(), features(20, 3), pictures()
    np.savez(folder / "dense.npz", edges=ring(60), x=np.concatenate([x, more]))
    np.savez(folder / "image.npz", source=ring(60)[0], target=ring(60)[1],
             x=np.concatenate([pixels, 255 - pixels[:20]])[..., 0])  # fmt: skip
    return {path.stem: path for path in folder.iterdir()}


CHANGES = {"dense": ALONE, "text": WORDS, "image": PICTURES}


def settings_of(kind, edges):
    schedule = {"epochs": 2, "batch_size": 64}
    return [CHANGES[kind], {"schedule": schedule, "graph": {"edges": str(edges[kind])}}]


@pytest.fixture(scope="module")
def trained(sources, edges, tmp_path_factory):
    """`trained(kind) -> Camera` of a run with a graph."""
    return cameras(
        tmp_path_factory.mktemp("trained"), sources, lambda kind: settings_of(kind, edges)
    )


def history(run):
    return list(csv.DictReader((run / runs.HISTORY).read_text().splitlines()))


@pytest.mark.parametrize("kind", CHANGES)
def test_a_run_has_the_terms_of_its_graph(trained, kind):
    run = trained(kind).out
    for row in history(run):
        assert set(row) >= TERMS and all(float(row[name]) > 0 for name in TERMS)
    assert len(runs.read_run(run).config.graph_sha256) == 64


def command(*arguments, code=0):
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.stderr.strip()


@pytest.mark.parametrize("kind", ["text", "dense"])
def test_the_command_is_the_same_training(sources, edges, trained, tmp_path, kind):
    config, run = tmp_path / "c.json", tmp_path / "run"
    change = settings_of(kind, edges)
    runs.write_json(config, {**change[0], "schedule": change[1]["schedule"]})
    command("train", sources[kind], "--out", run, "--config", config, "--graph", edges[kind])
    assert outcome(run) == outcome(trained(kind).out)
    assert same(arrays(run), arrays(trained(kind).out))


@pytest.mark.parametrize(("kind", "epoch"), [("text", 1), ("dense", 0), ("dense", 1)])
def test_a_killed_run_ends_as_one_that_was_not(sources, trained, tmp_path, kind, epoch):
    camera = trained(kind)
    run = shutil.copytree(camera.shot(epoch), tmp_path / "run")
    resume(sources[kind], run)
    assert outcome(run) == outcome(camera.out)
    assert same(arrays(run), arrays(camera.out))


CHANGED = {
    "a weight": (lambda text: text.replace("\t2\n", "\t3\n", 1), "has changed since"),
    "an edge more": (lambda text: f"{text}{SECRET} 0 0\t{SECRET} 1 1\t1\n", "has changed since"),
    "a node's name": (lambda text: text.replace(f"{SECRET} 0 0", "other"), "has changed since"),
    "other columns": (lambda text: text.replace("\t", " "), "source"),
    "nothing": (lambda text: "", "text.tsv"),
}


@pytest.mark.parametrize(("change", "words"), CHANGED.values(), ids=CHANGED)
def test_a_changed_graph_is_refused(sources, edges, trained, tmp_path, change, words):
    run = shutil.copytree(trained("text").shot(1), tmp_path / "run")
    before = edges["text"].read_text()
    edges["text"].write_text(change(before))
    try:
        message = command("train", sources["text"], "--out", run, "--resume", code=2)
    finally:
        edges["text"].write_text(before)
    assert words in message and message.count("\n") == 0 and "text.tsv" in message
    assert (run / runs.CHECKPOINT).exists()


X = features()[0]
BAD = {
    "missing": ("dense", "no.npz", None, "no such file"),
    "missing table": ("text", "no.tsv", None, "no such file"),
    "a folder": ("text", ".", None, "not a plain file"),
    "damaged": ("dense", "g.npz", b"PK\x03\x04 damaged", "not a zip file"),
    "no utf-8": ("text", "g.tsv", b"a\tb\n\xff\tc\n", "UTF-8"),
    "one column": ("text", "g.tsv", b"open door\n", "source"),
    "empty": ("text", "g.tsv", b"", "g.tsv"),
    "strangers": ("text", "g.tsv", b"x\ty\n", "none of its 2 nodes is a labelled example"),
    "negative": ("text", "g.tsv", b"open door a0\ty\t-1\n", "the weight is -1"),
    "nan": ("text", "g.tsv", b"open door a0\ty\tnan\n", "weight"),
    "a table for numbers": ("dense", "g.tsv", b"x\ty\n", "needs the inputs of its nodes"),
    "no x": ("dense", "g.npz", {}, "needs the inputs of its nodes: these are dense data"),
    "short": ("dense", "g.npz", {"x": X[:6]}, r"inputs of nodes must be [40, 6], got [6, 6]"),
    "narrow": ("dense", "g.npz", {"x": X[:, :5]}, "inputs of nodes must be [40, 6], got [40, 5]"),
    "flat": ("dense", "g.npz", {"x": X[:, 0]}, "inputs of nodes is float32 [40]"),
    "scalar": ("dense", "g.npz", {"x": np.float32(1)}, "inputs of nodes"),
    "not finite": ("dense", "g.npz", {"x": np.where(X[3, 2] == X, np.nan, X)}, "[3, 2] is nan"),
    "words for numbers": ("dense", "g.npz", {"x": X.astype(str)}, "inputs of nodes is <U"),
    "strange x": ("dense", "g.npz", {"x": X + 1}, "none of its 40 nodes is a labelled example"),
    "negative in x": ("dense", "g.npz", {"x": X, "weight": -np.ones(40)}, "the weight is -1"),
    "nan in x": ("dense", "g.npz", {"x": X, "weight": np.full(40, np.nan)}, "the weight is nan"),
    "unnamed": ("dense", "g.npz", {"x": X, "edges": ring(40).astype(str)[::-1]}, "needed: nodes"),
    "numbers for words": ("text", "g.npz", {"x": X}, "inputs of nodes must be text"),
    "pictures for numbers": ("dense", "g.npz", {"x": pictures()[0]}, "must be [40, 6]"),
    "numbers for pictures": ("image", "g.npz", {"x": X}, "must be [40, 8, 8, 1], got [40, 6]"),
    "values": ("values", "g.npz", {"x": X}, "these data are a regression"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "content", "words"), BAD.values(), ids=BAD)
def test_refused_before_anything_is_written(sources, tmp_path, kind, name, content, words):
    path = tmp_path / name
    if isinstance(content, dict):
        np.savez(path, **{"edges": ring(40), **content})
    elif content is not None:
        path.write_bytes(content)
    message = command("train", sources[kind], "--out", tmp_path / "run", "--graph", path,
                      "--trainer", "none", code=2)  # fmt: skip
    assert words in message and message.count("\n") == 0
    assert not (tmp_path / "run").exists()


def test_x_says_how_many_numbered_nodes_there_are(sources, tmp_path):
    """The last rows of x have no edge, and the names give the order of its rows."""
    np.savez(tmp_path / "a.npz", edges=ring(40), x=np.concatenate([X, X[:3] + 1]))
    names = np.array([f"n{at}" for at in range(43)])[::-1]
    np.savez(tmp_path / "b.npz", edges=np.char.add("n", (42 - ring(40)).astype(str)), nodes=names,
             x=np.concatenate([X, X[:3] + 1]))  # fmt: skip
    for name in "ab":
        change = {"graph": {"edges": str(tmp_path / f"{name}.npz")}}
        train(sources["dense"], tmp_path / name, [ALONE, QUICK, change])
    assert same(arrays(tmp_path / "a"), arrays(tmp_path / "b"))


def test_nothing_but_training_needs_the_graph(sources, edges, trained, tmp_path):
    """And the file has as many bytes as that of a student without one, and no node's name."""
    moved, alone = tmp_path / "moved", tmp_path / "alone"
    shutil.copytree(trained("text").out, moved)
    train(sources["text"], alone, [WORDS, QUICK])
    hidden = edges["text"].rename(tmp_path / "hidden.tsv")
    try:
        reports = [export_run(run, f"{run}.tflite") for run in (moved, alone)]
        assert evaluate_run(moved, sources["text"], "valid").accuracy is not None
    finally:
        hidden.rename(edges["text"])
    one, other = ((tmp_path / f"{name}.tflite").read_bytes() for name in ("moved", "alone"))
    assert reports[0].size_bytes == reports[1].size_bytes == len(one) == len(other)
    assert one != other and SECRET.encode() not in one and b"text.tsv" not in one


def test_a_trainer_beside_a_graph_can_teach(sources, edges, tmp_path):
    change = {"graph": {"edges": str(edges["dense"])}}
    train(sources["dense"], tmp_path / "run", [TAUGHT, QUICK, change])
    assert {"distillation_loss", *TERMS} <= set(history(tmp_path / "run")[0])
    logits = tmp_path / "l.npz"
    store_teacher_logits([tmp_path / "run"], sources["dense"], logits)
    with pytest.raises(InputError, match="teacher_logits are for the examples of train; a graph"):
        train(sources["dense"], tmp_path / "no", [ALONE, change, {"teacher_logits": str(logits)}])
    assert not (tmp_path / "no").exists()


def test_a_sweep_refuses_what_train_would(sources, edges, tmp_path):
    runs.write_json(tmp_path / "c.json", {"graph": {"edges": str(edges["text"])}})
    message = command("bits", sources["dense"], "--out", tmp_path / "sweep", "--config",
                      tmp_path / "c.json", "--trainer", "none", code=2)  # fmt: skip
    assert "needs the inputs of its nodes: these are dense data" in message
    assert not (tmp_path / "sweep").exists()
