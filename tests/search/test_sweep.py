import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pnet_tf.search import children, sweep

from .conftest import OPTIONS, STAND_IN, alive, bits

POINTS = ("4x4-linear-s0-dynamic", "8x4-linear-s0-dynamic")
PLOTS = [f"accuracy_{cost}.{kind}" for cost in ("bits", "bytes") for kind in ("png", "svg")]
QUICK = ("--points", "4x4,8x4", "--heads", "linear", "--quantize", "dynamic", "--jobs", "1")


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def refused(*arguments):
    result = bits(*arguments, code=2)
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def commands(log):
    return [" ".join(line.split()[1:3]) for line in log.read_text().splitlines()]


def test_sweep_writes_its_table(swept):
    report = json.loads((swept / "sweep.json").read_text())
    assert list(report) == [
        "schema", "settings", "planned", "points", "front", "failures",
    ]  # fmt: skip
    assert report["settings"]["data"] == "digits" and report["planned"] == 2
    assert {point["name"] for point in report["points"]} == set(POINTS)
    assert set(report["front"]) == {"bits", "bytes"} and report["failures"] == []
    with (swept / "sweep.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == [point["name"] for point in report["points"]]
    assert list(rows[0]) == list(report["points"][0])
    told = json.loads((swept.parent / "report.json").read_text())
    assert told["points"] == report["points"]


def test_the_exported_file_is_what_is_measured(swept):
    from pnet_tf.data import load_dataset
    from pnet_tf.tflite.evaluate import evaluate_model
    from pnet_tf.tflite.model import load_model

    data = load_dataset("digits", seed=0, valid_fraction=0.1)
    for point in json.loads((swept / "sweep.json").read_text())["points"]:
        path = swept / "points" / point["name"] / "model.tflite"
        assert point["size_bytes"] == path.stat().st_size
        found = evaluate_model(load_model(path, trusted=True), data.valid)
        assert (point["accuracy"], point["valid_examples"]) == (found.accuracy, found.examples)
        assert point["bits"] == point["functions"] * point["bits_per_function"]
        assert point["parameters"] == point["bits"] * 10 + 10
        assert point["p50_ms"] > 0 and point["train_seconds"] > 0
        tested = evaluate_model(load_model(path, trusted=True), data.test).accuracy
        assert point["test_accuracy"] == (tested if point["front"] else None)


def test_commands_can_be_run_again(swept):
    lines = (swept / "commands.sh").read_text().splitlines()
    run = [shlex.split(line) for line in lines if line.startswith("pnet-tf")]
    assert [line[1] for line in run] == ["train", "export"] * 2
    out = run[2][run[2].index("--out") + 1]
    assert run[3][2] == out and Path(out) == swept / "runs" / "8x4-linear-s0"
    assert "--epochs 1" in " ".join(run[0]) and "--trainer none" in " ".join(run[0])


def test_draw_gives_the_same_plots_and_table(swept):
    before = {name: (swept / name).read_bytes() for name in (*PLOTS, "sweep.csv", "sweep.json")}
    for name in PLOTS:
        (swept / name).unlink()
    assert POINTS[0] in bits("--out", swept, "--draw").stdout
    assert {name: (swept / name).read_bytes() for name in before} == before
    assert before[PLOTS[0]].startswith(b"\x89PNG")
    svg = before["accuracy_bytes.svg"].decode()
    assert "<svg" in svg and "dc:date" not in svg
    best = json.loads(before["sweep.json"])["front"]["bytes"]
    assert all(f"<!-- {name} -->" in svg for name in best)


def test_finished_points_are_not_made_again(swept, stand_in):
    before = times(swept / "points") | times(swept / "runs")
    bits("digits", "--out", swept, *OPTIONS)
    assert stand_in.read_text() == ""
    assert times(swept / "points") | times(swept / "runs") == before


def test_what_is_missing_is_made_and_a_half_run_goes_on(stand_in, tmp_path):
    out = tmp_path / "out"
    bits("digits", "--out", out, *QUICK)
    runs = ["4x4-linear-s0", "8x4-linear-s0"]
    everything = [c for r in runs for c in (f"train {r}", f"export {r}-dynamic")]
    assert commands(stand_in) == everything
    (out / "points" / POINTS[1] / "point.json").unlink()
    bits("digits", "--out", out, *QUICK)
    assert commands(stand_in)[4:] == everything[3:]
    (out / "points" / POINTS[1] / "point.json").unlink()
    (out / "runs" / runs[1] / "student.npz").rename(out / "runs" / runs[1] / "checkpoint.npz")
    bits("digits", "--out", out, *QUICK)
    assert stand_in.read_text().splitlines()[5].endswith("--resume")
    assert commands(stand_in)[5:] == everything[2:]


def test_run_without_a_checkpoint_is_started_over(stand_in, tmp_path):
    left = tmp_path / "out" / "runs" / "8x4-linear-s0" / "config.json"
    bits("digits", "--out", tmp_path / "out", *QUICK)
    (tmp_path / "out" / "points" / POINTS[1] / "point.json").unlink()
    left.with_name("student.npz").unlink()
    left.write_text("{")
    bits("digits", "--out", tmp_path / "out", *QUICK)
    assert commands(stand_in)[4] == "train 8x4-linear-s0" and left.read_text() != "{"
    assert "--resume" not in stand_in.read_text()


def test_other_settings_or_data_are_refused(swept, stand_in, tmp_path):
    before = contents(swept)
    assert "made with epochs 1, not 2" in refused("digits", "--out", swept, *OPTIONS,
                                                  "--epochs", "2")  # fmt: skip
    assert "made with points" in refused("digits", "--out", swept, *OPTIONS, "--points", "4x4")
    assert 'data "digits"' in refused("smart-reply", "--out", swept, "--points", "8x8")
    assert contents(swept) == before and stand_in.read_text() == ""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    assert "other files" in refused("digits", "--out", tmp_path / "mine", *QUICK)
    assert "no sweep" in refused("--out", tmp_path / "mine", "--draw")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--points", "8"], "TxD"),
        (["--points", "40x40"], "bits must be 1..32"),
        (["--heads", "fast"], "one of linear"),
        (["--quantize", ""], "--quantize"),
        (["--points", "8x20", "--heads", "lookup"], "1..16"),
        (["--trainer", "fast"], "trainer"),
        (["--epochs", "0"], "epochs"),
    ],
)
def test_bad_options_write_nothing(stand_in, tmp_path, options, word):
    assert word in refused("digits", "--out", tmp_path / "out", *options)
    assert not (tmp_path / "out").exists() and stand_in.read_text() == ""


def test_text_needs_a_power_of_two(stand_in, tmp_path):
    out = tmp_path / "out"
    assert "power of two" in refused("smart-reply", "--out", out, "--points", "10x12")
    assert "DATA is missing" in refused("--out", out) and not out.exists()


def test_missing_matplotlib_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(sweep.importlib.util, "find_spec", lambda name: None)
    assert "pnet-tf[plot]" in refused("digits", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_failed_point_leaves_the_others(stand_in, tmp_path, monkeypatch):
    monkeypatch.setenv("STAND_IN_FAILS", "train 4x4-linear-s0")
    result = bits("digits", "--out", tmp_path / "out", *QUICK, code=1)
    reason = "train ended with exit code 1: no luck"
    assert f"failed: {POINTS[0]}: {reason}" in result.stdout
    assert POINTS[1] in result.stdout and "1 of 2 points failed" in result.stderr
    report = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert report["failures"] == [{"name": POINTS[0], "reason": reason}]
    assert [point["name"] for point in report["points"]] == [POINTS[1]]
    monkeypatch.delenv("STAND_IN_FAILS")
    bits("digits", "--out", tmp_path / "out", *QUICK)
    assert json.loads((tmp_path / "out" / "sweep.json").read_text())["failures"] == []


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_killed_in_the_middle(stand_in, tree, tmp_path, monkeypatch, how):
    out = tmp_path / "out"
    driver = [sys.executable, STAND_IN.with_name("driver.py"), STAND_IN, out]
    hanging = {**os.environ, "STAND_IN_HANGS": "train 8x4-linear-s0"}
    with subprocess.Popen(driver, env=hanging, stderr=subprocess.DEVNULL) as process:
        _until(lambda: (out / "runs" / "8x4-linear-s0" / "checkpoint.npz").exists())
        process.send_signal(how)
        assert process.wait(20) != 0
    child = int(stand_in.read_text().splitlines()[-1].split()[0])
    _until(lambda: not alive(child))
    assert (out / "points" / POINTS[0] / "point.json").exists()
    assert not (out / "points" / POINTS[1] / "point.json").exists()
    done = len(commands(stand_in))
    before = times(out / "points" / POINTS[0])
    bits("digits", "--out", out, *QUICK)
    assert commands(stand_in)[done:] == ["train 8x4-linear-s0", f"export {POINTS[1]}"]
    assert stand_in.read_text().splitlines()[done].endswith("--resume")
    assert times(out / "points" / POINTS[0]) == before
    assert len(json.loads((out / "sweep.json").read_text())["points"]) == 2


def _until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_children_get_their_share_of_the_cores(monkeypatch, tmp_path):
    program = tmp_path / "show.py"
    program.write_text(
        "import os, sys; sys.exit(' '.join(os.environ[f'{name}_THREADS'] for name in"
        " ('TF_NUM_INTRAOP', 'TF_NUM_INTEROP', 'OMP_NUM')))"
    )
    monkeypatch.setattr(children, "PROGRAM", (str(program),))
    with pytest.raises(Exception, match="exit code 1: 3 1 3"):
        children.Children(threads=3).run(["train"])


HELP = """
import sys
from click.testing import CliRunner
from pnet_tf.cli import main
result = CliRunner().invoke(main, ["bits", "--help"])
assert result.exit_code == 0 and "--points" in result.output, result.output
heavy = {"tensorflow", "tf_keras", "matplotlib"} & set(sys.modules)
assert not heavy, heavy
"""


def test_help_loads_nothing_heavy(tree):
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run([sys.executable, "-c", HELP], env=environment, capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
