"""A small finished run, its file and its data; a command that may neither hang nor lose a file."""

import contextlib
import hashlib
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from pnet_tf.cli import main

from ..calls import call

SECONDS = 60
QUICK = ("--epochs", "1", "--config")
SETTINGS = """{
 "projection": {"functions": 8, "bits": 8, "tokens": 8},
 "head": {"embedding": 8, "channels": 8, "rank": 4},
 "trainer": {"name": "ff", "buckets": 64, "embedding": 4},
 "qat": "none"
}"""


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    """A folder with said.csv, settings.json, the run `run` and m.tflite."""
    folder = tmp_path_factory.mktemp("sound")
    rows = [("yes", "sure thing"), ("no", "not today"), ("yes", "of course"), ("no", "never ever")]
    table = "label,text\n" + "".join(f"{label},{text} {i}\n" for i in range(8)
                                     for label, text in rows)  # fmt: skip
    (folder / "said.csv").write_text(table)
    (folder / "settings.json").write_text(SETTINGS)
    call("train", folder / "said.csv", "--out", folder / "run", *QUICK, folder / "settings.json")
    call("export", folder / "run", "--tflite", folder / "m.tflite")
    return folder


def hashes(folder: Path) -> dict[str, str]:
    """What is in a folder, but for what is no plain file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


@contextlib.contextmanager
def limited(title: str):
    """A hang is a failure with a title."""

    def late(number, frame):
        raise AssertionError(f"{title}: more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(title, *arguments, input=None):
    """Exit code and last line of a command; a refusal that is not one sentence is a failure."""
    with limited(title):
        result = CliRunner().invoke(main, [str(a) for a in arguments], input=input)
    said = result.stderr.strip().splitlines()
    assert result.exception is None or isinstance(result.exception, SystemExit), (
        title, repr(result.exception))  # fmt: skip
    assert "Traceback" not in result.output, (title, result.output)
    assert "internal error" not in result.output, (title, result.output)
    assert "\x1b" not in result.output, (title, result.output)
    if result.exit_code:
        assert said and said[-1].startswith("Error: "), (title, result.output)
        assert len([line for line in said if line.startswith("Error: ")]) == 1
    return result.exit_code, said[-1] if said else ""
