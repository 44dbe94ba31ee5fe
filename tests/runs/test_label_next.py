"""`label-next`: the table to fill in, what is left out, by whom it is judged, refusals."""

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pnet_tf.data.tables import read_table
from pnet_tf.errors import InputError
from pnet_tf.runs import directory as runs
from pnet_tf.runs.label_next import label_next_run
from pnet_tf.runs.load import load_trainer
from pnet_tf.runs.train import train
from pnet_tf.training.choice import margins

from ..calls import call
from ..training.small import ALONE, features, pictures
from .conftest import SETTINGS, write_csv

pytestmark = pytest.mark.usefixtures("eager")
LOG = ["open sesame", "close call", "=open()", "open  SESAME", "", "open door a0", "shut\x1b[0m up"]


@pytest.fixture
def log(tmp_path):
    """A table of messages without labels, one of which the data have."""
    path = tmp_path / "log.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([["text"], *([text] for text in LOG)])
    return path


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text())))


def test_a_table_to_fill_in(finished, log, tmp_path):
    out = tmp_path / "next.csv"
    shown = call("label-next", finished("text"), log, "--out", out).stdout
    rows = rows_of(out)
    assert sorted(row["text"] for row in rows) == [
        "'=open()", "close call", "open sesame", "shut [0m up",
    ]  # fmt: skip
    assert {row["label"] for row in rows} == {""} and {r["guess"] for r in rows} <= {"open", "shut"}
    assert "4 of 4" in shown and "1 empty, 1 labelled already, 1 twice" in shown
    assert "of the trainer" in shown and "sesame" not in shown
    filled = tmp_path / "filled.csv"
    filled.write_text(out.read_text().replace(",,", ",open,"))
    part = read_table(filled, ("train",), None).parts["train"]
    assert part.targets.tolist() == ["open"] * 4 and "'=open()" in part.inputs.tolist()


def test_tabs_and_the_number_asked_for(finished, log, tmp_path):
    out = tmp_path / "next.tsv"
    call("label-next", finished("text"), log, "--out", out, "--count", "2")
    lines = out.read_text().split("\n")
    assert lines[0] == "text\tlabel\tguess" and len(lines) == 4
    assert all(line.count("\t") == 2 for line in lines[:3])


def test_without_a_file_they_are_shown_and_cannot_steer_the_terminal(finished, log):
    found = call("label-next", finished("text"), log).stdout
    assert "open sesame" in found and "\\x1b[0m" in found and "\x1b" not in found
    report = json.loads(call("label-next", finished("text"), log, "--json", "-").stdout)
    assert report["file"] is None and len(report["rows"]) == report["candidates"] == 4
    assert {row["input"] for row in report["rows"]} == {LOG[i] for i in (0, 1, 2, 6)}


def test_what_was_labelled_since_is_left_out(sources, finished, log, tmp_path):
    more = tmp_path / "more.csv"
    more.write_text(Path(sources["text"]).read_text() + "'=open(),open\nOpen Sesame,new\n")
    found = label_next_run(finished("text"), log, data=str(more))
    assert {row.input for row in found.rows} == {"close call", LOG[6]}
    assert {row.guess for row in found.rows} <= {"open", "shut"}


def test_margins_are_those_of_the_trainer(sources, finished, tmp_path):
    x = features(30, 5)[0]
    np.savez(tmp_path / "x.npz", x=x)
    found = label_next_run(finished("dense"), tmp_path / "x.npz", 5)
    trainer = load_trainer(runs.read_run(finished("dense")))
    logits = np.asarray(trainer.model(trainer.encode(x)), np.float64)
    scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert (found.named, found.judge, len(found.rows)) == ("row", "trainer", 5)
    for row in found.rows:
        assert row.margin == pytest.approx(margins(scores)[int(row.input)], abs=1e-5)


def test_a_student_alone_judges_itself_and_hidden_labels_may_be_asked_for(sources, tmp_path):
    run = tmp_path / "run"
    train(sources["dense"], run, [ALONE, {"labels_per_class": 3}])
    x = np.load(sources["dense"])["x_train"]
    np.savez(tmp_path / "x.npz", x=x)
    found = label_next_run(run, tmp_path / "x.npz", 99)
    assert found.judge == "student"
    # of 40 rows valid has 4, the first 9 are test's, and 9 of the others keep their labels
    report = runs.read_json(run / runs.REPORT)
    assert report["train_examples"] == 9 and 40 - 9 - 4 - 9 <= found.candidates <= 40 - 9 - 4


def test_pictures_by_their_paths(finished, tmp_path):
    folder = tmp_path / "new"
    (folder / "below").mkdir(parents=True)
    pixels = 255 - pictures()[0][:3]
    for name, one in zip(("a.png", "below/b.png", "c.png"), pixels, strict=True):
        Image.fromarray(one[:, :, 0]).save(folder / name)
    out = tmp_path / "next.csv"
    call("label-next", finished("image"), folder, "--out", out)
    assert sorted(row["path"] for row in rows_of(out)) == [
        str(folder / name) for name in ("a.png", "below/b.png", "c.png")
    ]


REFUSED = {
    "count": (["--count", "0"], "--count must be a whole number of at least 1, got 0"),
    "ending": (["--out", "next.txt"], "next.txt must end in .csv or .tsv"),
    "folder": (["--out", "no/next.csv"], "no does not exist"),
    "data": (["--data", "no.csv"], "no.csv"),
    "other data": (["--data", "DENSE"], "has other inputs than"),
}


@pytest.mark.parametrize(("options", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(sources, finished, log, tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    options = [sources["dense"] if option == "DENSE" else option for option in options]
    said = call("label-next", finished("text"), log, *options, code=2).stderr
    assert words in said and said.count("\n") == 1
    assert not list(tmp_path.glob("next*"))


def test_a_table_that_may_be_filled_in_is_not_overwritten(finished, log, tmp_path):
    out = tmp_path / "next.csv"
    out.write_text("mine")
    said = call("label-next", finished("text"), log, "--out", out, code=2).stderr
    assert "exists already, perhaps filled in" in said and out.read_text() == "mine"


def test_data_that_are_gone_and_runs_that_do_not_fit(finished, copy, log, tmp_path):
    source = tmp_path / "gone.csv"
    write_csv(source, ["open a", "shut b"] * 10, ["open", "shut"] * 10)
    run = tmp_path / "run"
    train(str(source), run, {**SETTINGS["text"], "trainer": {"name": "none"}})
    source.unlink()
    with pytest.raises(InputError, match=r"gone.csv.*give --data where the data of the run lie"):
        label_next_run(run, log)
    half = copy("text")
    (half / runs.STUDENT).unlink()
    with pytest.raises(InputError, match="half written"):
        label_next_run(half, log)
    with pytest.raises(InputError, match="of classes, not of a regression"):
        np.savez(tmp_path / "x.npz", x=features(3, 5)[0])
        label_next_run(finished("values"), tmp_path / "x.npz")
    with pytest.raises(InputError, match="no inputs without labels of this kind"):
        label_next_run(finished("text"), tmp_path / "x.npz")


def test_a_trainer_of_ones_own_code_is_asked_for(copy, log):
    run = copy("text")
    config = runs.read_json(run / runs.CONFIG)
    config["trainer"]["spec"] = "os:system"
    runs.write_json(run / runs.CONFIG, config)
    said = call("label-next", run, log, code=2).stderr
    assert "is not run without consent" in said
    shutil.rmtree(run)
