"""Killed at random moments, training, export, `bits` and `smart-reply build` end with the bytes of
an unbroken run.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = '{"augment": {"misspell": 0.1}, "prune": 0.3, "qat": "none", "schedule": {"epochs": 8}}'
WEIGHTS = ("student.npz", "trainer.npz", "samples.npz")


def start(*arguments):
    command = [sys.executable, "-m", "pnet_tf", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, cwd=ROOT,
        start_new_session=True,
    )  # fmt: skip


def finish(*arguments):
    """Run to the end; the seconds that it took."""
    began, child = time.monotonic(), start(*arguments)
    said = child.communicate()[1]
    assert child.returncode == 0, said.decode()
    return time.monotonic() - began


def killed_after(seconds, *arguments):
    """Start and kill; False when it had ended before."""
    child = start(*arguments)
    try:
        child.communicate(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        return True


def train_again(run, data, config):
    """Go on where there is a run, start where there is none."""
    if (run / "student.npz").exists():
        return
    more = ("--resume",) if (run / "config.json").exists() else ("--config", config)
    if more == ("--config", config) and run.exists():
        shutil.rmtree(run)  # killed before the first file that says what it is
    finish("train", data, "--out", run, *more)


def test_fifteen_kills_of_training(sound, tmp_path):
    config, data, rng = tmp_path / "c.json", sound / "said.csv", random.Random(0)
    config.write_text(SETTINGS)
    whole = tmp_path / "whole"
    seconds = finish("train", data, "--out", whole, "--config", config)
    kills = 0
    for number in range(60):
        run = tmp_path / f"run{number}"
        wait = rng.uniform(0.2, 1.0) * seconds
        kills += killed_after(wait, "train", data, "--out", run, "--config", config)
        if rng.random() < 0.3 and (run / "config.json").exists():
            killed_after(rng.uniform(0.2, 1.0) * seconds, "train", data, "--out", run, "--resume")
        train_again(run, data, config)
        for name in WEIGHTS:
            assert (run / name).read_bytes() == (whole / name).read_bytes(), (name, wait)
        if kills == 15:
            return
    pytest.fail(f"only {kills} kills came before the end")


def test_ten_kills_of_export(sound, tmp_path):
    whole, target, rng = tmp_path / "whole.tflite", tmp_path / "m.tflite", random.Random(1)
    seconds = finish("export", sound / "run", "--tflite", whole)
    for kill in range(10):
        target.write_bytes(b"earlier")
        killed_after(rng.uniform(0.1, 1.0) * seconds, "export", sound / "run", "--tflite", target)
        assert target.read_bytes() in (b"earlier", whole.read_bytes()), kill
        finish("export", sound / "run", "--tflite", target)
        assert target.read_bytes() == whole.read_bytes()


def test_five_kills_of_bits(tmp_path):
    sweep = ("digits", "--points", "4x4,8x4", "--heads", "linear", "--quantize", "dynamic",
             "--epochs", "2", "--trainer", "none", "--jobs", "1")  # fmt: skip
    whole, rng = tmp_path / "whole", random.Random(2)
    seconds = finish("bits", *sweep, "--out", whole)
    for kill in range(5):
        out = tmp_path / f"sweep{kill}"
        killed_after(rng.uniform(0.1, 1.0) * seconds, "bits", *sweep, "--out", out)
        finish("bits", *sweep, "--out", out)
        for point in sorted((whole / "points").iterdir()):
            again = out / "points" / point.name / "model.tflite"
            assert again.read_bytes() == (point / "model.tflite").read_bytes(), (kill, point.name)


def test_twelve_kills_of_a_building(tmp_path):
    """Each building is killed again and again until it is whole; 12 kills at least."""
    build, rng, kills, number = ("smart-reply", "build", "sample", "--out"), random.Random(3), 0, 0
    whole = tmp_path / "whole"
    seconds = finish(*build, whole)
    while kills < 12:
        out, number = tmp_path / f"chat{number}", number + 1
        while killed_after(rng.uniform(0.3, 1.0) * seconds, *build, out):
            kills += 1
        if not out.exists():  # it ended by itself, or was killed in the last moment
            finish(*build, out)
        assert contents(out) == contents(whole), number
        assert [path.name for path in tmp_path.glob("*.building")] == []


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
