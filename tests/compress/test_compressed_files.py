"""Whole commands: compressed runs of the built-in digits, and their files beside a plain one's."""

import json

import numpy as np
import pytest

from pnet_tf.settings import make_settings
from pnet_tf.tflite.counts import zipped_bytes
from tests.calls import call

TRAIN = ["train", "digits", "--projection", "structured", "--projections", "32", "--bits", "8",
         "--hidden", "48", "--epochs", "5", "--batch-size", "32"]  # fmt: skip
COMPRESSED = {
    "prune": ["--prune", "0.8", "--trainer", "none"],
    "cluster": ["--cluster", "8", "--trainer", "none"],
    "all": ["--prune", "0.6", "--cluster", "16", "--trainer", "ff", "--qat"],
}


def exported(folder, *options):
    """The report of a run with `options`, and what `export` printed."""
    call(*TRAIN, "--out", folder / "run", *options)
    shown = call("export", folder / "run", "--tflite", folder / "m.tflite",
                 "--json", folder / "report.json")  # fmt: skip
    return json.loads((folder / "report.json").read_text()), " ".join(shown.stdout.split())


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Reports of uncompressed runs by quantisation: a file is held to one of its own kind."""
    kinds = {"dynamic": [], "int8": ["--qat"]}
    return {
        kind: exported(tmp_path_factory.mktemp(kind), "--trainer", "none", *options)[0]
        for kind, options in kinds.items()
    }


@pytest.mark.parametrize(
    "name", ["all", *(pytest.param(one, marks=pytest.mark.slow) for one in ("prune", "cluster"))]
)
def test_a_compressed_run_zips_smaller_and_still_answers(plain, name, tmp_path):
    found, shown = exported(tmp_path, *COMPRESSED[name])
    plain = plain[found["quantize"]]
    content = (tmp_path / "m.tflite").read_bytes()
    assert found["size_bytes"] == len(content) <= plain["size_bytes"] + 64
    assert found["zipped_bytes"] == zipped_bytes(content) < 0.85 * plain["zipped_bytes"]
    assert f"zipped {found['zipped_bytes']:,} bytes" in shown and "distinct in one" in shown
    assert name == "all" or found["operators"] == plain["operators"]
    assert found["valid"]["tflite"] > 0.8
    asked = dict(zip(COMPRESSED[name][::2], COMPRESSED[name][1::2], strict=False))
    assert found["sparsity"] >= float(asked.get("--prune", 0)) - 0.01
    values = int(asked.get("--cluster", 10**9)) + ("--prune" in asked)  # zeros are kept apart
    assert max(found["distinct_weights"].values()) <= values
    settings = json.loads((tmp_path / "run" / "config.json").read_text())["settings"]
    assert settings["prune"] == float(asked.get("--prune", 0))
    assert settings["cluster"] == int(asked.get("--cluster", 0))
    if name == "all":
        assert found["valid"]["trainer"] > 0.8
        scores = json.loads(call("evaluate", tmp_path / "m.tflite", "digits", "--json", "-").stdout)
        info = json.loads(call("inspect", tmp_path / "m.tflite", "--json", "-").stdout)
        assert scores["accuracy"] > 0.8 and info["zipped_bytes"] == found["zipped_bytes"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--prune", "1"], "--prune must be a finite number 0..0.95, got 1.0"),
        (["--prune", "-0.1"], "--prune must be a finite number 0..0.95, got -0.1"),
        (["--prune", "nan"], "--prune must be a finite number 0..0.95, got nan"),
        (["--cluster", "1"], "--cluster must be 2..256 or 0 for none, got 1"),
        (["--cluster", "300"], "--cluster must be a whole number 0..256, got 300"),
    ],
)
def test_bad_options_write_nothing(tmp_path, options, sentence):
    result = call(*TRAIN, "--out", tmp_path / "run", *options, code=2)
    assert result.stderr.splitlines()[-1] == f"Error: {sentence}"
    assert not (tmp_path / "run").exists()


def test_settings_switch_compression_off():
    settings = make_settings("image")
    assert settings.prune == 0 and settings.cluster == 0


def test_zipped_bytes_are_those_of_deflate():
    assert zipped_bytes(bytes(100_000)) < 200
    noise = np.random.default_rng(0).bytes(10_000)
    assert 10_000 < zipped_bytes(noise) < 10_100
