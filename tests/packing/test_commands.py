"""`pack` and `unpack` as commands."""

import json
from pathlib import Path

import pytest

from tests.calls import call

MODEL = Path(__file__).resolve().parents[1] / "recorded" / "image.tflite"


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    path = tmp_path_factory.mktemp("packed") / "image.ptz"
    said = call("pack", MODEL, "--out", path).output
    assert "7,856 bytes" in said
    return path


def test_the_very_file_comes_back(packed, tmp_path):
    out, report = tmp_path / "again.tflite", tmp_path / "report.json"
    call("unpack", packed, "--out", out, "--json", report)
    assert out.read_bytes() == MODEL.read_bytes()
    found = json.loads(report.read_text())
    assert found["file"] == str(out) and found["size_bytes"] == 7856
    assert found["packed_bytes"] == packed.stat().st_size < found["zipped_bytes"] < 7856


def test_a_bad_file_is_one_sentence_and_what_was_there_stays(packed, tmp_path):
    out = tmp_path / "kept"
    out.write_bytes(b"kept")
    damaged = tmp_path / "damaged.ptz"
    damaged.write_bytes(packed.read_bytes()[:-1])
    missing, empty = tmp_path / "none", tmp_path / "empty"
    empty.write_bytes(b"")
    for command, path, sentence in (
        ("unpack", damaged, f"{damaged}: the packed file is damaged: its checksum is another"),
        ("unpack", MODEL, f"{MODEL}: this is no packed file: it does not begin with PTZ"),
        ("unpack", missing, f"{missing} does not exist"),
        ("pack", missing, f"{missing} does not exist"),
        ("pack", empty, "there is nothing to pack: the file is empty"),
    ):
        said = call(command, path, "--out", out, code=2).stderr
        assert said == f"Error: {sentence}\n"
        assert out.read_bytes() == b"kept"


def test_a_place_that_cannot_be_written(packed, tmp_path):
    said = call("unpack", packed, "--out", tmp_path / "none" / "out", code=2).stderr
    assert said.startswith("Error: ") and said.count("\n") == 1
