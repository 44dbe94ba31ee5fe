"""Malformed settings, options, runs and models: each is one sentence and exit code 2.

No traceback, no hang, and no file that was there before is lost or changed. The everyday suite runs
some hundred of them, `make slow` all.
"""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from pnet_tf.errors import WorkError
from pnet_tf.tflite.metadata import ENTRY_NAME, rehash
from pnet_tf.tflite.reader import read_metadata_buffers

from .conftest import SETTINGS, hashes, outcome
from .damage import CONFIGS_BY_HAND, bytes_of, changed, leaves, nested, wrong_values

WHOLE = {
    "byte_length": 64, **json.loads(SETTINGS), "loss": {"lambdas": [1, 0.1, 1], "temperature": 1.0,
    "teach_trainer": False, "label_smoothing": 0.1, "terms": {}},
    "schedule": {"epochs": 1, "min_updates": 0, "max_epochs": 0, "batch_size": 8,
    "learning_rate": 0.01, "trainer_learning_rate": 0.01, "weight_decay": 0.0, "warmup": 0.1,
    "patience": 0}, "augment": {"misspell": 0.1, "drop_words": 0.1}, "class_weights": False,
    "freeze_trainer": False, "trainer_weights": None, "teacher_logits": None, "prune": 0.1,
    "cluster": 0, "valid_fraction": 0.2, "seed": 1,
}  # fmt: skip
OPTIONS = [
    ("--seed", "4294967296"), ("--seed", "-1"), ("--bytes", "-4"), ("--bytes", "0"),
    ("--bytes", "99999999999"), ("--epochs", "0"), ("--epochs", "-3"), ("--epochs", str(10**30)),
    ("--batch-size", "0"), ("--batch-size", "-1"), ("--learning-rate", "nan"),
    ("--learning-rate", "inf"), ("--learning-rate", "-1"), ("--patience", "-1"),
    ("--valid-fraction", "0"), ("--valid-fraction", "1"), ("--valid-fraction", "nan"),
    ("--prune", "1"), ("--prune", "-0.1"), ("--prune", "nan"), ("--cluster", "1"),
    ("--cluster", "1000"), ("--temperature", "0"), ("--temperature", "nan"), ("--lambdas", "1"),
    ("--lambdas", "a,b,c"), ("--lambdas", "nan,1,1"), ("--lambdas", "1,0,0"), ("--lambdas", ""),
    ("--hidden", "x"), ("--hidden", "-5"), ("--hidden", "1e3"), ("--projections", "0"),
    ("--projections", str(10**12)), ("--bits", "0"), ("--bits", "33"), ("--projection", "sphere"),
    ("--head", "tree"), ("--trainer", "sky"), ("--trainer", "os:getcwd"), ("--trainer", "a:b:c"),
    ("--recipe", "best"), ("--recipe", "../text"), ("--config", "nowhere.json"), ("--config", "."),
    ("--task", "regression"), ("--trainer-weights", "nowhere"), ("--teacher-logits", "nowhere"),
    ("--json", "/dev/null"), ("--json", "."), ("--json", "no/such/folder/x.json"),
    ("--json", "/proc/x.json"), ("--json", "x" * 300),
]  # fmt: skip


def unchanged(folder, before):
    after = hashes(folder)
    assert after == before, sorted(set(after.items()) ^ set(before.items()))


@pytest.fixture
def accepted(monkeypatch):
    """Training that only says that it would have begun."""

    def run(self, *arguments, **options):
        raise WorkError("accepted")

    monkeypatch.setattr("pnet_tf.training.fitted.JointTraining.run", run)


def train(title, sound, folder, *options):
    """What `train` says to options; nothing may be left behind."""
    before = hashes(sound)
    code, said = outcome(title, "train", sound / "said.csv", "--out", folder / "run", *options)
    assert not (folder / "run").exists(), title
    assert code == 2 or (code == 1 and said == "Error: accepted"), (title, said)
    unchanged(sound, before)
    return code, said


def test_settings_by_hand(sound, tmp_path, accepted):
    config = tmp_path / "c.json"
    assert train("sound", sound, tmp_path, "--config", sound / "settings.json")[0] == 1
    for title, text in CONFIGS_BY_HAND.items():
        config.write_text(text)
        code, said = train(title, sound, tmp_path, "--config", config)
        assert code == 2, (title, said)


@pytest.mark.parametrize(
    "each", [pytest.param(1), pytest.param(6, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_settings_of_wrong_values(sound, tmp_path, accepted, each):
    config, codes = tmp_path / "c.json", []
    config.write_text(json.dumps(WHOLE))
    assert train("whole", sound, tmp_path, "--config", config)[0] == 1
    for title, path, value in wrong_values(WHOLE, each):
        config.write_text(json.dumps(nested(path, value)))
        codes.append(train(title, sound, tmp_path, "--config", config)[0])
    assert codes.count(2) > 0.85 * len(codes) > 30 * each


def test_settings_that_are_no_plain_file(sound, tmp_path, accepted):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "latin.json").write_bytes(b'{"trainer": {"name": "\xe9"}}')
    for name in ("pipe", "zero", "latin.json"):
        assert train(name, sound, tmp_path, "--config", tmp_path / name)[0] == 2


def test_options(sound, tmp_path, accepted):
    for option, value in OPTIONS:
        code, said = train(f"{option} {value}"[:40], sound, tmp_path, f"{option}={value}")
        assert code == 2, (option, value[:40], said)
    before = hashes(sound)
    for out in ("x" * 300, "/proc/run", "/dev/null", sound / "said.csv", sound / "run", "\0", ""):
        code, said = outcome(str(out)[:9], "train", sound / "said.csv", "--out", out)
        assert code == 2, said
    unchanged(sound, before)


def copied(sound, folder):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sound / "run", folder)
    return folder


def use(title, run, sound, folder):
    """A damaged run through the commands that read runs; each time nothing else changes."""
    before = {**hashes(sound), **hashes(run)}
    target = folder / "made.tflite"
    target.write_bytes(b"earlier")
    found = []
    for command in (("export", run, "--tflite", target), ("evaluate", run, sound / "said.csv"),
                    ("train", sound / "said.csv", "--out", run, "--resume")):  # fmt: skip
        code, said = outcome(f"{title}, {command[0]}", *command)
        assert code in (0, 2), (title, said)
        found.append(code)
        assert found[0] == 0 or target.read_bytes() == b"earlier", title
    assert {**hashes(sound), **hashes(run)} == before, title
    return found


@pytest.mark.parametrize(
    "name", ["config.json", *(pytest.param(n, marks=pytest.mark.slow)
                              for n in ("labels.json", "report.json"))]
)  # fmt: skip
def test_runs_of_damaged_json(sound, tmp_path, name):
    rng, refused = np.random.default_rng(1), 0
    whole = (sound / "run" / name).read_bytes()
    for title, content in bytes_of(whole, rng):
        run = copied(sound, tmp_path / "run")
        (run / name).write_bytes(content)
        refused += 2 in use(f"{name} {title}", run, sound, tmp_path)[:2]
    assert refused >= 7


@pytest.mark.slow
@pytest.mark.parametrize("name", ["student.npz", "trainer.npz", "samples.npz", "history.csv"])
def test_runs_of_damaged_files(sound, tmp_path, name):
    rng = np.random.default_rng(2)
    for title, content in bytes_of((sound / "run" / name).read_bytes(), rng):
        run = copied(sound, tmp_path / "run")
        (run / name).write_bytes(content)
        use(f"{name} {title}", run, sound, tmp_path)


@pytest.mark.slow
def test_runs_of_wrong_values(sound, tmp_path):
    for name in ("config.json", "labels.json"):
        whole = json.loads((sound / "run" / name).read_text())
        cases = list(wrong_values(whole, 2, seed=3))
        cases += [(f"{'.'.join(path)} removed", path, ...) for path in leaves(whole)]
        for title, path, value in cases:
            run = copied(sound, tmp_path / "run")
            (run / name).write_text(json.dumps(changed(whole, path, value)))
            use(f"{name} {title}", run, sound, tmp_path)


def test_runs_that_are_none(sound, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    for run in ("empty", "file", "nowhere", "\0", "x" * 300):
        path = tmp_path / run if run != "\0" else run
        data, made = sound / "said.csv", tmp_path / "made"
        assert outcome(run, "export", path, "--tflite", made)[0] == 2
        assert outcome(run, "evaluate", path, data)[0] == 2
        assert outcome(run, "teach", path, data, "--out", made)[0] == 2
    assert {p.name for p in tmp_path.iterdir()} == {"empty", "file"}


def ask(title, model, sound):
    """A damaged model through the commands that read models."""
    before = hashes(sound)
    found = [
        outcome(f"{title}, {command[0]}", *command)[0]
        for command in (("predict", model, "hi"), ("inspect", model),
                        ("evaluate", model, sound / "said.csv"))
    ]  # fmt: skip
    assert set(found) <= {0, 2}, title
    unchanged(sound, before)
    return found


def test_models_of_damaged_bytes(sound, tmp_path):
    rng, model = np.random.default_rng(4), tmp_path / "m.tflite"
    for title, content in bytes_of((sound / "m.tflite").read_bytes(), rng):
        model.write_bytes(content)
        assert ask(title, model, sound) == [2, 2, 2], title


def forged(content, change):
    """A model whose metadata says something else, of the same length, with a right hash."""
    place = read_metadata_buffers(content)[ENTRY_NAME]
    start, end = place.offset, place.offset + place.size_bytes
    metadata = json.loads(content[start:end])
    text = json.dumps(change(metadata), ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) > end - start:
        return None
    padded = text[:-66] + b" " * (end - start - len(text)) + text[-66:]
    return rehash(content[:start] + padded + content[end:])


@pytest.mark.parametrize(
    "each", [pytest.param(2), pytest.param(12, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_models_of_forged_metadata(sound, tmp_path, each):
    content, model, refused = (sound / "m.tflite").read_bytes(), tmp_path / "m.tflite", 0
    place = read_metadata_buffers(content)[ENTRY_NAME]
    whole = json.loads(content[place.offset : place.offset + place.size_bytes])
    del whole["sha256"]
    made = 0
    for title, path, value in wrong_values(whole, each, seed=5):
        new = forged(content, lambda m, p=path, v=value: changed(m, p, v))
        if new is not None:
            made += 1
            model.write_bytes(new)
            refused += ask(title, model, sound) == [2, 2, 2]
    assert made >= 10 * each // 2 and refused > made // 3


def test_models_that_are_no_plain_file(sound, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name in ("pipe", "zero", "nowhere", "x" * 300):
        code = ask(name[:9], tmp_path / name, sound)
        assert code == [2, 2, 2], name


def test_results_replace_nothing_but_a_plain_file_that_is_no_input(sound, tmp_path):
    before, model = hashes(sound), sound / "m.tflite"
    os.mkfifo(tmp_path / "pipe")
    for target in ("/dev/null", tmp_path, tmp_path / "pipe", "/proc/x", sound / "run/config.json",
                   sound / "run/tensorboard/x", tmp_path / "no" / "x", "x" * 300):  # fmt: skip
        title = str(target)[-12:]
        assert outcome(title, "export", sound / "run", "--tflite", target)[0] == 2
        assert outcome(title, "inspect", model, "--json", target)[0] == 2
    for target in (model, sound / "said.csv"):
        assert outcome("input", "evaluate", model, sound / "said.csv", "--json", target)[0] == 2
    unchanged(sound, before)
    assert Path("/dev/null").exists() and not Path("/dev/null").is_file()


def test_predict_without_usable_input(sound, tmp_path):
    model = sound / "m.tflite"
    assert outcome("empty", "predict", model, "-", input="")[0] == 2
    assert outcome("top 0", "predict", model, "hi", "-k", "0")[0] == 2
    assert outcome("top -1", "predict", model, "hi", "--top=-1")[0] == 2
    assert outcome("bytes", "predict", model, "-", input=b"\xff\xfe\x00\n")[0] == 0
    assert outcome("escape", "predict", model, "\x1b[31mred")[0] == 0
