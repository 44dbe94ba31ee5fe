"""One of each from outside the package: a module and an entry point, and no file of ours touched.

Another package adds a projection, a head, a trainer, a loss term, a form of DATA and a quantisation
mode; the commands, in a process of their own, train with all of them and export.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pnet_tf import names
from pnet_tf.errors import InputError

ROOT = Path(__file__).resolve().parents[1]

MODULE = '''
import json
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np

from pnet_tf.data import Part, Source
from pnet_tf.data.formats import Format
from pnet_tf.tflite.modes import Mode

IMPORTED = True


def read_lines(path, wanted, task):
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    texts, labels = np.empty(len(rows), object), np.empty(len(rows), object)
    texts[:], labels[:] = [r["said"] for r in rows], [r["means"] for r in rows]
    return Source("text", "classification", {"train": Part(texts, labels)}, single=True)


LINES = Format(
    "JSON lines", "a file .jsonl, an object with said and means a line",
    matches=lambda path: path.name.endswith(".jsonl"), read=read_lines, endings=(".jsonl",),
)

HALF = Mode(
    "half", "float16 weights", same_label=0.9, max_difference=0.1, oldest=True,
    convert="outside_heavy:half",
)
'''

HEAVY = '''
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np

from pnet_tf import Network, Projection, keras
from pnet_tf._keras import tf
from pnet_tf.trainers.text_features import TextFeatures


@keras.utils.register_keras_serializable("outside")
class Letters(Projection):
    """+1 where the message has the byte, else -1, of `letters` bytes from "a" on."""

    kinds = ("text",)

    def __init__(self, letters: int = 26, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.letters, self.seed = letters, seed

    def call(self, inputs):
        codes = tf.constant(np.arange(97, 97 + self.letters, dtype=np.float32))
        near = tf.abs(tf.cast(inputs, tf.float32)[:, :, None] - codes)
        return tf.clip_by_value(1.0 - 2.0 * tf.reduce_min(near, axis=1), -1.0, 1.0)

    def get_config(self):
        return {**super().get_config(), "letters": self.letters, "seed": self.seed}


def twice_head(input_shape, outputs, *, width: int = 8):
    bits = keras.Input(input_shape)
    x = keras.layers.Dense(width, "relu", name="first")(bits)
    return keras.Model(bits, keras.layers.Dense(outputs, name="logits")(x), name="head")


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    buckets: int = 64
    shortest: int = 2
    longest: int = 3


def bag(encoder, outputs, seed, options):
    packed = keras.Input((encoder.features,), dtype="int32")
    table = keras.layers.Embedding(options.buckets + 1, 4)(packed % (options.buckets + 1))
    return keras.Model(packed, keras.layers.Dense(outputs)(tf.reduce_mean(table, axis=1)))


BAG = Network("text", bag, Options, TextFeatures)


class Small:
    """weight * mean square of the student's logits."""

    name: ClassVar[str] = "small"

    def __init__(self, weight: float = 0.01, power: int = 2):
        self.weight, self.power = weight, power

    def applies(self, trainer, trainer_learns):
        return True

    def __call__(self, step):
        return tf.reduce_mean(step.student**self.power)


def half(job):
    from pnet_tf.export.freeze import converter

    with converter(job) as made:
        made.optimizations = [tf.lite.Optimize.DEFAULT]
        made.target_spec.supported_types = [tf.float16]
        return made.convert()
'''

ENTRY_POINTS = """
[pnet_tf.projections]
letters = outside_heavy:Letters
[pnet_tf.heads]
twice = outside_heavy:twice_head
[pnet_tf.trainers]
bag = outside_heavy:BAG
[pnet_tf.loss_terms]
small = outside_heavy:Small
[pnet_tf.data_formats]
jsonl = outside_light:LINES
[pnet_tf.quantizations]
half = outside_light:HALF
"""

SETTINGS = {
    "projection": {"name": "letters", "letters": 20},
    "head": {"name": "twice", "width": 12},
    "trainer": {"name": "bag", "buckets": 50},
    "loss": {"terms": {"small": {"weight": 0.02, "power": 4}}},
    "schedule": {"epochs": 3, "batch_size": 8},
}


@pytest.fixture
def site(tmp_path):
    """A folder as `pip install --target` leaves one, with the other package in it."""
    folder = tmp_path / "site"
    info = folder / "outside-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "outside_light.py").write_text(MODULE)
    (folder / "outside_heavy.py").write_text(HEAVY)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder


def pnet_tf(site, *arguments, code=0):
    environment = os.environ | {"PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "pnet_tf", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == code, done.stderr
    return done


def test_one_of_each_from_outside(site, tmp_path):
    shown = pnet_tf(site, "train", "--help").stdout
    for text in ("text, structured, dense, local, letters", "sequence, local, twice",
                 "tfidf, encoder, bag", "JSON lines: a file .jsonl"):  # fmt: skip
        assert text in " ".join(shown.split())
    assert "int4, auto, half" in " ".join(pnet_tf(site, "export", "--help").stdout.split())
    rows = [("aaa", "first"), ("bbb", "second"), ("ab", "first"), ("ccb", "second")] * 6
    data = tmp_path / "said.jsonl"
    data.write_text("".join(json.dumps({"said": t, "means": m}) + "\n" for t, m in rows))
    config = tmp_path / "settings.json"
    config.write_text(json.dumps(SETTINGS))
    run, model = tmp_path / "run", tmp_path / "m.tflite"
    said = pnet_tf(site, "train", data, "--out", run, "--config", config).stderr
    assert "small " in said and "distillation" in said
    header = (run / "history.csv").read_text().splitlines()[0]
    assert "small_loss" in header.split(",") and "trainer_loss" in header.split(",")
    pnet_tf(site, "export", run, "--tflite", model, "--quantize", "half")
    info = json.loads(pnet_tf(site, "inspect", model, "--json", "-").stdout)
    assert info["metadata"]["quantize"] == "half"
    assert info["metadata"]["projection"] == {"seed": 0, "name": "letters", "letters": 20}
    found = json.loads(pnet_tf(site, "predict", model, "abc", "--json", "-").stdout)
    assert {p["label"] for p in found[0]["predictions"]} == {"first", "second"}
    of_file = json.loads(pnet_tf(site, "evaluate", model, data, "--json", "-").stdout)
    of_run = json.loads(pnet_tf(site, "evaluate", run, data, "--json", "-").stdout)
    assert of_file["accuracy"] == of_run["accuracy"] and of_run["trainer_accuracy"] is not None
    wrong = pnet_tf(site, "train", data, "--out", tmp_path / "no", "--projection", "letter", code=2)
    assert "local, letters, got 'letter'" in wrong.stderr
    (site / "outside_heavy.py").write_text("raise OSError('no luck')")
    broken = pnet_tf(site, "train", data, "--out", tmp_path / "no", "--trainer", "bag", code=2)
    assert "outside_heavy:BAG of another package, which does not load" in broken.stderr


def test_names_are_known_without_loading_what_they_name(site):
    code = (
        "import sys; from pnet_tf import names; from pnet_tf.data import describe_formats\n"
        "assert 'letters' in names.PROJECTIONS and 'bag' in names.TRAINERS.names()\n"
        "assert 'outside_heavy' not in sys.modules and 'tensorflow' not in sys.modules\n"
        "assert names.QUANTIZATIONS.get('half').oldest and describe_formats()\n"
        "assert 'tensorflow' not in sys.modules"
    )
    environment = os.environ | {"PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_table_gives_what_is_registered_and_refuses_the_rest():
    table = names.Names("thing", "things", {"a": "json:dumps"})
    assert table.names() == ("a",) and table.get("a") is json.dumps
    table.register("b", int)
    table.register("c", "json:loads")
    assert table.names() == ("a", "b", "c")
    assert table.get("b") is int and table.get("c") is json.loads
    for wrong in ("d", "", None, 3, {}, ["a"]):
        with pytest.raises(InputError, match="thing must be one of a, b, c, got "):
            table.get(wrong)
    with pytest.raises(InputError, match="must be text"):
        table.register(3, int)
    for wrong in ("json", ":dumps", "json:", ""):
        with pytest.raises(InputError, match="must be an object or module:name"):
            table.register("d", wrong)


def test_every_name_of_ours_leads_somewhere():
    tables = (names.PROJECTIONS, names.HEADS, names.TRAINERS, names.LOSS_TERMS,
              names.DATA_FORMATS, names.QUANTIZATIONS)  # fmt: skip
    for table in tables:
        assert table.names()
        assert all(table.get(name) is not None for name in table.names())
    for name in names.QUANTIZATIONS.names():
        assert names.QUANTIZATIONS.get(name).name == name
