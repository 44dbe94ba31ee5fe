"""`pnet-tf report`: from a run, a file or a sweep to a page, or a sentence."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from pnet_tf.cli import main
from pnet_tf.errors import InputError
from pnet_tf.report.facts import read_history
from pnet_tf.report.make import write_report
from pnet_tf.search.records import Point, make_report, write_table
from tests.page.test_html import Elements

RECORDED = Path(__file__).parents[1] / "recorded"
TEXT = RECORDED / "text.tflite"


def facts_of(page: Path) -> dict:
    """What the scripts of a report read."""
    found = Elements(page.read_text(encoding="utf-8")).of("script")
    return next(json.loads(text) for attrs, text in found if attrs.get("id") == "facts")


@pytest.fixture
def run(tmp_path):
    """A run directory as one has it."""
    return Path(shutil.copytree(RECORDED / "text_run", tmp_path / "my_run"))


def test_a_run_and_its_file(packages, run, tmp_path):
    out = tmp_path / "r.html"
    report = write_report(run, out, tflite=TEXT)
    facts = facts_of(out)
    stored = json.loads((run / "report.json").read_text())
    scores = {row["who"]: row["value"] for row in facts["scores"]}
    assert scores["trainer"] == stored["valid_trainer_accuracy"]
    assert scores["student"] == stored["valid_projection_accuracy"]
    assert scores["file"] == facts["measured"]["accuracy"]
    assert report.about == facts["about"] == "run"
    assert report.measured_examples == stored["valid_examples"]
    assert facts["history"]["epoch"][:3] == [1, 2, 3]
    assert len(facts["history"]["distillation_loss"]) == len(facts["history"]["epoch"])
    assert sum(facts["file"]["bytes_by_part"].values()) == TEXT.stat().st_size
    assert facts["facts"]["epochs"] == "8"
    assert "holds chart.js" in out.read_text()


def test_a_report_says_nothing_of_where_things_lie(packages, run, tmp_path):
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps(config | {"data": str(tmp_path / "said.csv")}))
    write_report(run, tmp_path / "r.html", tflite=TEXT)
    assert str(tmp_path) not in (tmp_path / "r.html").read_text()


def test_a_file_measured_on_data(packages, tmp_path):
    out = tmp_path / "r.html"
    report = write_report(TEXT, out, data=str(RECORDED / "said.csv"))
    facts = facts_of(out)
    assert facts["source"] == "test split of said.csv"
    assert facts["history"] is None
    assert report.measured_examples == facts["measured"]["examples"] > 50
    wrong = facts["measured"]["mistakes"]
    assert len(wrong) == facts["measured"]["mistakes_in_all"]
    assert wrong[0]["input"]["text"]


def test_a_file_alone(packages, tmp_path):
    out = tmp_path / "r.html"
    assert write_report(TEXT, out).measured_examples == 0
    facts = facts_of(out)
    assert facts["measured"] is None
    assert facts["scores"] == []


def _point(name, size, accuracy, mode="int4"):
    return Point(name, 8, 10, "linear", 0, 0, mode, 80, 810, size, accuracy, 100, 0.1, 3.0)


def _sweep(folder):
    folder.mkdir()
    points = [_point("a", 100, 0.5), _point("b", 200, 0.4, "int8"), _point("c", 300, 0.9, "none")]
    write_table(folder, make_report({"data": "digits"}, 3, points, ()))
    return folder


def test_a_sweep_and_its_front(packages, tmp_path):
    out = tmp_path / "r.html"
    assert write_report(_sweep(tmp_path / "sweep"), out).about == "sweep"
    facts = facts_of(out)
    front = {p["name"] for p in facts["points"] if "bytes" in p["front"]}
    assert front == {"a", "c"}
    ids = {a.get("id") for a, _ in Elements(out.read_text()).of("script")}
    assert "model" not in ids
    assert "wasm" not in ids


def test_a_damaged_sweep_is_a_sentence(packages, tmp_path):
    folder = _sweep(tmp_path / "sweep")
    stored = json.loads((folder / "sweep.json").read_text())
    stored["points"][0]["accuracy"] = "high"
    (folder / "sweep.json").write_text(json.dumps(stored))
    with pytest.raises(InputError, match=r"sweep\.json is damaged: 'high' is no finite number"):
        write_report(folder, tmp_path / "r.html")
    stored["points"] = []
    (folder / "sweep.json").write_text(json.dumps(stored))
    with pytest.raises(InputError, match="no finished point yet"):
        write_report(folder, tmp_path / "r.html")


def _without(name):
    return lambda run: (run / name).unlink()


def _odd(run):
    with (run / "history.csv").open("a") as stream:
        stream.write('9,"open')


def _other(run):
    text = (run / "history.csv").read_text()
    (run / "history.csv").write_text(text.replace("epoch", "step", 1))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_without("student.npz"), "is half written"),
        (_without("config.json"), "is not a run directory"),
        (_without("history.csv"), "does not exist"),
        (_without("samples.npz"), "samples.npz"),
        (_other, "history.csv is damaged"),
        (_odd, "history.csv is damaged"),
    ],
    ids=["unfinished", "no run", "no history", "no samples", "other history", "open quote"],
)
def test_bad_runs_are_a_sentence_and_leave_no_report(packages, run, tmp_path, damage, said):
    damage(run)
    out = tmp_path / "r.html"
    arguments = ["report", str(run), "--tflite", str(TEXT), "--out", str(out)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.tflite"], "does not exist"),
        ([str(TEXT), "--tflite", str(TEXT)], "goes with a run"),
        ([str(TEXT), "--data", "digits"], "holds image inputs"),
        ([str(RECORDED / "text_run"), "--tflite", str(RECORDED / "image.tflite")], "is no export"),
    ],
    ids=["missing", "file of a file", "data of another kind", "file of another run"],
)
def test_what_does_not_fit_is_a_sentence(packages, tmp_path, arguments, said):
    result = CliRunner().invoke(main, ["report", *arguments, "--out", str(tmp_path / "r.html")])
    assert result.exit_code == 2
    assert said in result.output


def test_the_command_shows_what_it_wrote(packages, tmp_path):
    out = str(tmp_path / "r.html")
    result = CliRunner().invoke(main, ["report", str(TEXT), "--out", out])
    assert result.exit_code == 0, result.output
    assert "a file" in result.output
    assert "measured on" not in result.output


def test_a_model_is_not_overwritten(packages, run, tmp_path):
    model = tmp_path / "m.tflite"
    shutil.copy(TEXT, model)
    with pytest.raises(InputError, match="is the model itself"):
        write_report(run, model, tflite=model)
    result = CliRunner().invoke(main, ["report", str(run), "--out", str(run / "history.csv")])
    assert result.exit_code == 2
    assert "a file of a run itself" in result.output


def test_a_number_that_is_none_becomes_a_gap(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("epoch,loss\n1,0.5\n2,nan\n3,\n")
    assert read_history(path) == {"epoch": (1, 2, 3), "loss": (0.5, None, None)}
