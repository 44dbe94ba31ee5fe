"""Whole commands on small real data: what they write, print and refuse."""

import io
import json
import tarfile
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

from pnet_tf.cli import main
from pnet_tf.runs import directory as runs

from .calls import call

QUICK = ["--epochs", "2", "--trainer", "ff"]


def refused(*arguments):
    """The one sentence of a command that must end with exit code 2."""
    result = call(*arguments, code=2)
    lines = [line for line in result.stderr.splitlines() if line]
    assert "Traceback" not in result.output
    assert lines[-1].startswith("Error: "), result.output
    return lines[-1]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table of three intents of the built-in sample."""
    from pnet_tf.data import load_dataset

    data = load_dataset("smart-reply")
    path = tmp_path_factory.mktemp("table") / "messages.csv"
    lines = ["intent,message"]
    for text, target in zip(data.train.inputs, data.train.targets, strict=True):
        if target < 3:
            message = text.replace('"', "'")
            lines.append(f'{data.labels[target]},"{message}"')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def text_run(table, tmp_path_factory):
    out = tmp_path_factory.mktemp("text") / "run"
    call("train", table, "--out", out, "--epochs", "6", "--qat", "none")
    return out


@pytest.fixture(scope="module")
def text_file(text_run):
    path = text_run.parent / "model.tflite"
    call("export", text_run, "--tflite", path)
    return path


@pytest.fixture(scope="module")
def digits_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("digits") / "run"
    call("train", "digits", "--out", out, "--projection", "structured", "--projections", "16",
         "--bits", "8", "--hidden", "0", "--trainer", "ff", "--epochs", "10", "--batch-size", "32",
         "--learning-rate", "0.02")  # fmt: skip
    return out


def test_training_writes_the_run(text_run):
    names = {path.name for path in text_run.iterdir()}
    assert names >= {runs.CONFIG, runs.LABELS, runs.STUDENT, runs.TRAINER, runs.HISTORY,
                     runs.REPORT, runs.SAMPLES, "tensorboard"}  # fmt: skip
    assert runs.CHECKPOINT not in names
    header, *rows = (text_run / runs.HISTORY).read_text().splitlines()
    assert len(rows) == 6
    for column in ("trainer_loss", "distillation_loss", "projection_loss",
                   "valid_trainer_accuracy", "valid_projection_accuracy"):  # fmt: skip
        assert column in header.split(",")
    assert any((text_run / "tensorboard").glob("events*"))


def test_the_file_answers_as_the_keras_student(text_run, text_file, table, tmp_path):
    for model, name in ((text_run, "run.json"), (text_file, "file.json")):
        call("evaluate", model, table, "--json", tmp_path / name)
    of_run = json.loads((tmp_path / "run.json").read_text())
    of_file = json.loads((tmp_path / "file.json").read_text())
    assert of_file["accuracy"] > 0.8
    assert of_file["examples"] == of_run["examples"] == len(table.read_text().splitlines()) - 1
    assert abs(of_file["accuracy"] - of_run["accuracy"]) <= 0.02
    assert of_file["size_bytes"] == text_file.stat().st_size


def test_the_trainer_is_not_in_the_file(text_run, text_file):
    content = text_file.read_bytes()
    trainer, _ = runs.load_arrays(text_run / runs.TRAINER)
    weights = sorted((a for a in trainer if a.dtype == np.float32 and a.size > 64), key=np.size)
    assert weights and weights[-1].nbytes > len(content)
    for array in weights:
        flat = array.ravel()
        for start in range(0, min(flat.size, 4096) - 16, 16):
            piece = flat[start : start + 16]
            assert not piece.any() or piece.tobytes() not in content


def test_export_reports_its_parts(text_run, tmp_path):
    report = tmp_path / "report.json"
    call("export", text_run, "--tflite", tmp_path / "m.tflite", "--json", report)
    found = json.loads(report.read_text())
    assert sum(found["bytes_by_part"].values()) == found["size_bytes"]
    assert 0 < found["bytes_by_part"]["featuriser"] < 8192
    assert found["parameters"] > 10_000 and found["macs"] > found["parameters"]
    assert {p["runtime"].split(", ")[-1] for p in found["parity"]} >= {"XNNPACK on", "XNNPACK off"}
    assert found["benchmark"]["p50_ms"] > 0 and found["benchmark"]["arena_bytes"] > 0


def test_export_writes_vectors_with_the_run_s_own_messages(text_run, text_file, tmp_path):
    target, vectors = tmp_path / "m.tflite", tmp_path / "v.json"
    call("export", text_run, "--tflite", target, "--vectors", vectors)
    stored = json.loads(vectors.read_text())
    own = [item["message"] for item in stored["vectors"] if item["case"] == "own"]
    assert own and all(own) and len(stored["vectors"]) >= 500 + len(own)
    assert target.read_bytes() == text_file.read_bytes()
    for name, reason in ((target, "is the model itself"), (text_run / "config.json", "run itself")):
        before = name.read_bytes()
        assert reason in refused("export", text_run, "--tflite", target, "--vectors", name)
        assert name.read_bytes() == before


def test_two_exports_are_byte_identical(text_run, text_file, tmp_path):
    call("export", text_run, "--tflite", tmp_path / "again.tflite")
    assert (tmp_path / "again.tflite").read_bytes() == text_file.read_bytes()


def test_top_k_file_ranks_the_same(text_run, text_file, tmp_path):
    call("export", text_run, "--tflite", tmp_path / "top.tflite", "--top-k", "2")
    answers = []
    for model in (text_file, tmp_path / "top.tflite"):
        shown = call("predict", model, "are you awake", "-k", "2", "--json", "-").stdout
        answers.append([p["label"] for p in json.loads(shown)[0]["predictions"]])
    assert len(answers[1]) == 2 and answers[0] == answers[1]
    assert "--top-k must be 1..3" in refused(
        "export", text_run, "--tflite", tmp_path / "no.tflite", "--top-k", "4"
    )


def test_predict_prints_labels_and_scores(text_file):
    result = call("predict", text_file, "are you awake??", "")
    assert result.stdout.count("%") == 6
    found = json.loads(call("predict", text_file, "u up", "--json", "-").stdout)
    assert found[0]["input"] == "u up"
    assert sum(p["score"] for p in found[0]["predictions"]) == pytest.approx(1, abs=1e-3)


def test_inspect_and_benchmark_give_their_keys(text_file):
    info = json.loads(call("inspect", text_file, "--json", "-").stdout)
    assert info["input_kind"] == "text" and info["input_bytes"] == 128
    assert len(info["labels"]) == 3 and info["size_bytes"] == text_file.stat().st_size
    assert info["operators"]["FULLY_CONNECTED"] == 6 and info["compatibility_problems"] == []
    times = json.loads(call("benchmark", text_file, "--runs", "20", "--json", "-").stdout)
    assert times["p99_ms"] >= times["p50_ms"] > 0 and times["arena_bytes"] > 0
    assert "input" in call("inspect", text_file).stdout


def test_default_text_run_exports_as_int4(table, tmp_path):
    out, model = tmp_path / "run", tmp_path / "m.tflite"
    call("train", table, "--out", out, "--epochs", "12")
    call("export", out, "--tflite", model)
    shown = json.loads(call("inspect", model, "--json", "-").stdout)
    assert shown["metadata"]["quantize"] == "int4"
    found = json.loads(call("evaluate", model, table, "--json", "-").stdout)
    assert found["accuracy"] > 0.8


def test_quantisation_aware_run_exports_as_int8(table, tmp_path):
    out, model = tmp_path / "run", tmp_path / "m.tflite"
    call("train", table, "--out", out, "--trainer", "none", "--epochs", "4", "--qat")
    assert "must be int8" in refused("export", out, "--tflite", model, "--quantize", "none")
    assert not model.exists()
    call("export", out, "--tflite", model, "--json", tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text())["quantize"] == "int8"
    found = json.loads(call("inspect", model, "--json", "-").stdout)
    assert found["metadata"]["quantize"] == "int8" and "QUANTIZE" in found["operators"]


def test_max_bytes_writes_nothing(text_run, tmp_path):
    target = tmp_path / "m.tflite"
    target.write_bytes(b"earlier")
    result = call("export", text_run, "--tflite", target, "--max-bytes", "1000", code=1)
    assert "more than the 1000" in result.stderr
    assert target.read_bytes() == b"earlier"


def test_resume_ends_with_the_weights_of_an_unbroken_run(table, tmp_path, monkeypatch):
    from pnet_tf.runs import train as training

    config = tmp_path / "config.json"
    config.write_text('{"augment": {"misspell": 0.1}}')
    options = [*QUICK, "--config", str(config)]
    call("train", table, "--out", tmp_path / "whole", *options)
    save = training.save_epoch

    def killed(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "save_epoch", killed)
    CliRunner().invoke(main, ["train", str(table), "--out", str(tmp_path / "broken"), *options])
    monkeypatch.undo()
    assert (tmp_path / "broken" / runs.CHECKPOINT).exists()
    assert "half written" in refused(
        "export", tmp_path / "broken", "--tflite", tmp_path / "b.tflite"
    )
    assert "epochs" in refused(
        "train", table, "--out", tmp_path / "broken", "--resume", "--epochs", "9"
    )
    call("train", table, "--out", tmp_path / "broken", "--resume")
    for name in (runs.STUDENT, runs.TRAINER):
        one, _ = runs.load_arrays(tmp_path / "whole" / name)
        two, _ = runs.load_arrays(tmp_path / "broken" / name)
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(a, b)
    assert "finished" in refused("train", table, "--out", tmp_path / "broken", "--resume")


def test_bad_augmentation_writes_nothing(table, tmp_path):
    config = tmp_path / "config.json"
    for augment in ('{"misspell": 2}', '{"shift": 1}'):
        config.write_text(f'{{"augment": {augment}}}')
        found = refused("train", table, "--out", tmp_path / "run", "--config", config)
        assert "augment" in found
    assert not (tmp_path / "run").exists()


def test_image_model_predicts_an_image_file(digits_run, tmp_path):
    from PIL import Image

    from pnet_tf.data import load_dataset

    model = tmp_path / "digits.tflite"
    call("export", digits_run, "--tflite", model)
    data = load_dataset("digits")
    Image.fromarray(data.test.inputs[0][:, :, 0]).save(tmp_path / "one.png")
    found = json.loads(call("predict", model, tmp_path / "one.png", "--json", "-").stdout)
    assert len(found[0]["predictions"]) == 3
    scores = json.loads(call("evaluate", model, "digits", "--json", "-").stdout)
    assert scores["accuracy"] > 0.75
    whole = (tmp_path / "one.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[:40])
    assert "cut.png" in refused("predict", model, tmp_path / "cut.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "colour.png")
    assert "grey" in refused("predict", model, tmp_path / "colour.png")


@pytest.mark.slow
def test_the_image_default_learns_few_small_images(tmp_path):
    run, model = tmp_path / "run", tmp_path / "digits.tflite"
    call("train", "digits", "--out", run, "--trainer", "none")
    report = json.loads((run / runs.REPORT).read_text())
    batches = -(-report["train_examples"] // 128)
    assert (report["epochs"] - 1) * batches < 500 <= report["epochs"] * batches
    found = json.loads(call("export", run, "--tflite", model, "--json", "-").stdout)
    assert found["valid"]["examples"] == report["valid_examples"]
    assert found["bits"] == 8 * 8 * 48
    scores = json.loads(call("evaluate", model, "digits", "--json", "-").stdout)
    assert scores["accuracy"] > 0.95
    assert scores["size_bytes"] < 48_000


def test_regression_from_an_npz(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 8)).astype(np.float32)
    y = (np.sign(x[:, 0]) + np.sign(x[:, 1] - x[:, 2])).astype(np.float32)
    source = tmp_path / "data.npz"
    np.savez(source, x_train=x[:200], y_train=y[:200], x_test=x[200:], y_test=y[200:])
    call("train", source, "--out", tmp_path / "run", "--epochs", "15")
    call("export", tmp_path / "run", "--tflite", tmp_path / "m.tflite")
    found = json.loads(call("evaluate", tmp_path / "m.tflite", source, "--json", "-").stdout)
    assert found["concordance_index"] > 0.7 and found["mse"] < y[200:].var()
    np.save(tmp_path / "row.npy", x[0])
    shown = json.loads(
        call("predict", tmp_path / "m.tflite", tmp_path / "row.npy", "--json", "-").stdout
    )
    assert len(shown[0]["values"]) == 1
    assert "regression" in refused(
        "export", tmp_path / "run", "--tflite", tmp_path / "n.tflite", "--top-k", "1"
    )


def test_teacher_logits_and_custom_trainer(table, tmp_path, monkeypatch):
    from pnet_tf.data import load_dataset

    data = load_dataset(str(table))
    logits = np.eye(len(data.labels), dtype=np.float32)[data.train.targets] * 5
    np.savez(tmp_path / "t.npz", logits=logits)
    call(
        "train",
        table,
        "--out",
        tmp_path / "a",
        "--teacher-logits",
        tmp_path / "t.npz",
        "--epochs",
        "1",
    )
    assert not (tmp_path / "a" / runs.TRAINER).exists()
    np.savez(tmp_path / "short.npz", logits=logits[:5])
    assert "short.npz" in refused("train", table, "--out", tmp_path / "b", "--epochs", "1",
                                  "--teacher-logits", tmp_path / "short.npz")  # fmt: skip
    assert not (tmp_path / "b").exists()
    (tmp_path / "mine.py").write_text(
        "from pnet_tf import keras\n"
        "def network(input_shape, outputs):\n"
        "    return keras.Sequential([keras.Input(input_shape),\n"
        "        keras.layers.Rescaling(1 / 255), keras.layers.Dense(outputs)])\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    call("train", table, "--out", tmp_path / "c", "--trainer", "mine:network", "--epochs", "1")
    assert "mine" in refused("train", table, "--out", tmp_path / "d", "--trainer", "mine:nothing")


def zip_with(path, name):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"x")
    return path


def tables(folder):
    """Damaged tables by name, and the word that the sentence about each must hold."""
    contents = {
        "empty.csv": (b"", "empty"),
        "no_text.csv": (b"label,number\na,1\nb,2\n", "text"),
        "one_class.csv": (b"a,x\na,y\na,z\n", "class"),
        "not_utf8.csv": (b"a,good\nb,\xff\xfe bad\n", "2"),
        "nul.csv": (b"a,good\nb,ba\x00d\n", "NUL"),
        "strange.xyz": (b"a,b\n", "xyz"),
    }
    for name, (content, word) in contents.items():
        (folder / name).write_bytes(content)
        yield folder / name, word


def test_bad_tables(tmp_path):
    for path, word in tables(tmp_path):
        message = refused("train", path, "--out", tmp_path / "run")
        assert path.name in message and word.lower() in message.lower(), message
        assert not (tmp_path / "run").exists()
    assert "missing.csv" in refused("train", tmp_path / "missing.csv", "--out", tmp_path / "run")


def test_bad_arrays_and_archives(tmp_path):
    x = np.ones((8, 3), np.float32)
    x[2, 1] = np.nan
    y = np.arange(8) % 2
    np.savez(tmp_path / "nan.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    assert "nan" in refused("train", tmp_path / "nan.npz", "--out", tmp_path / "r").lower()
    np.savez(
        tmp_path / "obj.npz", x_train=np.array([{}, {}], object), y_train=y, x_test=x, y_test=y
    )
    assert "pickle" in refused("train", tmp_path / "obj.npz", "--out", tmp_path / "r")
    zip_with(tmp_path / "up.zip", "../train/a/x.png")
    assert "../" in refused("train", tmp_path / "up.zip", "--out", tmp_path / "r")
    with tarfile.open(tmp_path / "up.tar", "w") as archive:
        info = tarfile.TarInfo("../train/a/x.png")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    assert "../" in refused("train", tmp_path / "up.tar", "--out", tmp_path / "r")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train/a/x.png", bytes(80 * 2**20))
    assert "bomb.zip" in refused("train", tmp_path / "bomb.zip", "--out", tmp_path / "r")


def test_bad_models(text_file, table, tmp_path):
    whole = text_file.read_bytes()
    cases = {"cut": whole[: len(whole) // 2], "random": bytes(range(256)) * 40, "empty": b"",
             "flipped": whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:]}  # fmt: skip
    for name, content in cases.items():
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(content)
        for command in (["predict", path, "hi"], ["inspect", path], ["benchmark", path],
                        ["evaluate", path, table]):  # fmt: skip
            assert path.name in refused(*command)
    assert "nothing.tflite" in refused("inspect", tmp_path / "nothing.tflite")


def test_run_of_another_schema(text_run, tmp_path):
    import shutil

    shutil.copytree(text_run, tmp_path / "run")
    config = json.loads((tmp_path / "run" / runs.CONFIG).read_text())
    (tmp_path / "run" / runs.CONFIG).write_text(json.dumps({**config, "schema": 7}))
    assert "schema 7" in refused("export", tmp_path / "run", "--tflite", tmp_path / "m.tflite")
    assert not (tmp_path / "m.tflite").exists()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--bits", "0"], "got 0"),
        (["--bits", "64"], "got 64"),
        (["--lambdas=-1,0.1,1"], "-1.0"),
        (["--lambdas", "a,b"], "a,b"),
        (["--lambdas", "size=1"], "TERM=WEIGHT of trainer, distillation, projection, repr"),
        (["--lambdas", "hints=-1"], "--lambdas: hints must be a finite number 0"),
        (["--lambdas", "distillation=nan"], "--lambdas: distillation must be a finite number 0"),
        (["--lambdas", "hints=1,hints=2"], "each loss term once, got hints twice"),
        (["--lambdas", "hints="], "--lambdas: hints must be a number, got ''"),
        (["--lambdas", "1,hints=2"], "3 numbers or TERM=WEIGHT"),
        (["--lambdas", "distillation=0,projection=0"], "nothing would train it"),
        (["--epochs", "0"], "epochs"),
        (["--projection", "none"], "projection must be one of"),
        (["--head", "huge"], "head must be one of"),
        (["--trainer", "transformer"], "trainer"),
        (["--recipe", "best"], "recipe"),
    ],
)
def test_bad_options(table, tmp_path, options, word):
    assert word in refused("train", table, "--out", tmp_path / "run", *options)
    assert not (tmp_path / "run").exists()


def test_a_run_is_never_written_over(text_run, table):
    before = (text_run / runs.STUDENT).read_bytes()
    assert "exists already" in refused("train", table, "--out", text_run)
    assert (text_run / runs.STUDENT).read_bytes() == before
