"""One small real sweep, and a stand-in for `pnet-tf` that copies what it made."""

import os
import shutil
from pathlib import Path

import pytest

from pnet_tf.search import children, plot

from ..calls import call

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = Path(__file__).with_name("stand_in.py")
OPTIONS = ("--points", "4x4,8x4", "--heads", "linear", "--quantize", "dynamic", "--epochs", "1",
           "--trainer", "none", "--test")  # fmt: skip


def bits(*arguments, code=0):
    """Run `pnet-tf bits`."""
    return call("bits", *arguments, code=code)


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    """The package as installed, for child processes."""
    folder = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "pnet_tf", folder / "pnet_tf", ignore=ignored)  # export too, by the link
    return folder


@pytest.fixture(scope="session")
def swept(tree, tmp_path_factory):
    """The folder of a finished sweep of `digits`: 2 points, 1 epoch."""
    out = tmp_path_factory.mktemp("swept") / "sweep"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tree))
        bits("digits", "--out", out, *OPTIONS, "--json", out.parent / "report.json")
    return out


@pytest.fixture
def stand_in(swept, tree, tmp_path, monkeypatch):
    """Commands of a sweep run by the stand-in; the file where each leaves a line."""
    log = tmp_path / "log"
    log.touch()
    monkeypatch.setenv("PYTHONPATH", str(tree))
    monkeypatch.setenv("STAND_IN_LOG", str(log))
    monkeypatch.setenv("STAND_IN_SWEEP", str(swept))
    for name in ("STAND_IN_HANGS", "STAND_IN_FAILS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(children, "PROGRAM", (str(STAND_IN),))
    monkeypatch.setattr(plot, "draw", lambda folder, report: [])  # half of the time of a test
    return log


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
