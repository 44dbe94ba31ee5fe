import json
from dataclasses import replace

import numpy as np
import pytest

import pnet_tf
from pnet_tf._keras import keras, tf
from pnet_tf.compress.coded_model import load_coded
from pnet_tf.compress.keras_file import (
    CompressReport,
    compress_file,
    score_of,
    scores_of,
    sure_score,
    trainable,
)
from pnet_tf.compress.trials import WEIGHTS, read_trials
from pnet_tf.console.compress import show_compressed
from pnet_tf.data import Split
from tests.calls import call

LAYERS = keras.layers


def saved_digits(path):
    """A trained network for digits, and its data."""
    data = pnet_tf.load_dataset("digits")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input(data.input_shape), LAYERS.Rescaling(1 / 16), LAYERS.Flatten(),
        LAYERS.Dense(48, "relu"), LAYERS.Dense(10),
    ])  # fmt: skip
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.003), loss)
    model.fit(data.train.inputs, data.train.targets, epochs=12, verbose=0)
    model.save(path)
    return model, data


def test_scores_of_examples_by_hand():
    model = keras.Sequential([keras.Input((2,)), LAYERS.Dense(2, use_bias=False)])
    model.set_weights([np.eye(2, dtype=np.float32)])
    inputs = np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    ids = Split(inputs, np.array([0, 1, 1]))
    assert scores_of(model, ids).tolist() == [1, 1, 0]
    assert score_of(model, ids) == pytest.approx(2 / 3)
    values = Split(inputs, np.array([[1, 0], [0, 3], [1, 1]], np.float32))
    assert scores_of(model, values).tolist() == [0, -2, -0.5]
    assert score_of(model, values) == pytest.approx(-2.5 / 3)


def test_a_sure_score_by_hand():
    before = np.array([1, 1, 0, 0], np.float32)
    assert sure_score(before, before) == 0.5
    # two became right, one wrong: differences -1, 0, 1, 1, of deviation sqrt(11) / 4
    now = np.array([0, 1, 1, 1], np.float32)
    assert sure_score(now, before) == pytest.approx(0.75 - 11**0.5 / 4 / 2)
    assert sure_score(before - 3, before) == -2.5  # all worse alike: there is no doubt of it


def test_a_loss_below_what_valid_can_tell_is_said(capsys):
    report = CompressReport(
        file="w.pnc", keep_loss=0.01, valid_examples=144, standard_error=0.0137, base_score=0.97,
        score=0.97, test_score=None, base_test_score=None, float32_bytes=400, size_bytes=40,
        ratio=10.0, trials=3, tensors=(),
    )  # fmt: skip
    show_compressed(report)
    said = " ".join(capsys.readouterr().out.split())
    assert "The score of the 144 examples of valid is good to 0.0137" in said
    assert "than the 0.01 of --keep-loss" in said
    show_compressed(replace(report, keep_loss=0.0137))
    assert "good to" not in capsys.readouterr().out


@pytest.mark.slow
def test_final_epochs_make_the_slack_good(tmp_path):
    _, data = saved_digits(tmp_path / "net.keras")
    report = compress_file(
        tmp_path / "net.keras", data, tmp_path / "small",
        keep_loss=0.01, learning_rate=2e-3, final_epochs=30, slack=0.02,
    )  # fmt: skip
    assert report.score >= report.base_score - 0.01 and report.ratio > 6
    final = [trial for trial in read_trials(tmp_path / "small") if trial.final]
    short = [
        t for t in read_trials(tmp_path / "small") if not t.final and t.plans == final[0].plans
    ]
    assert short[-1].kept and any(trial.kept for trial in final)


class Recorded:
    """Takes what a compressed model is trained by."""

    def compile(self, optimizer, loss):
        self.rate = optimizer.get_config()["learning_rate"]

    def fit(self, inputs, targets, batch_size, epochs, verbose):
        self.asked = (len(inputs), batch_size, epochs)


def test_the_last_training_is_the_longer_one_and_its_rate_ends_at_none():
    data = pnet_tf.make_dataset(np.arange(40, dtype=np.float32).reshape(20, 2), [0, 1] * 10)
    net = trainable(keras.Sequential([keras.Input((2,)), LAYERS.Dense(2)]), data, 2, 8, 0.5, 7)
    count, small = len(data.train.targets), Recorded()
    net.fit(small)
    assert small.asked == (count, 8, 2) and small.rate == 0.5
    net.finish(small)
    assert small.asked == (count, 8, 7)
    steps = 7 * -(-count // 8)
    rate = keras.optimizers.schedules.deserialize(small.rate)
    rates = [float(rate(step)) for step in (0, steps // 2, steps)]
    assert rates[0] == 0.5 and 0.1 < rates[1] < 0.4 and rates[2] == pytest.approx(0)


def test_a_keras_file_by_the_command(tmp_path):
    model, data = saved_digits(tmp_path / "net.keras")
    before = scores_of(model, data.valid)
    out = tmp_path / "small"
    asked = ["compress", str(tmp_path / "net.keras"), "digits", "--out", str(out),
             "--keep-loss", "0.02", "--epochs", "2", "--json", "-"]  # fmt: skip
    found = json.loads(call(*asked).stdout)
    assert found["base_score"] > 0.9 and found["score"] >= found["base_score"] - 0.02
    accuracy, count = found["base_score"], len(data.valid.targets)
    assert found["valid_examples"] == count and found["keep_loss"] == 0.02
    error = (accuracy * (1 - accuracy) / count) ** 0.5
    assert found["standard_error"] == pytest.approx(error, rel=1e-4)
    assert found["size_bytes"] == (out / WEIGHTS).stat().st_size < found["float32_bytes"] / 6
    assert (out / "trials.png").read_bytes()[:4] == b"\x89PNG"
    load_coded(model, out / WEIGHTS)
    now, kept = scores_of(model, data.valid), [t for t in read_trials(out) if t.kept]
    assert found["score"] == pytest.approx(now.mean())
    assert kept[-1].score == pytest.approx(sure_score(now, before))
    assert kept[-1].score < now.mean()
    assert all(trial.score >= found["base_score"] - 0.02 for trial in kept)
    accuracy = (model.predict(data.test.inputs, verbose=0).argmax(1) == data.test.targets).mean()
    assert accuracy == pytest.approx(found["test_score"])
    assert json.loads(call(*asked).stdout) == found
    later = ["--out", tmp_path / "later", "--like", out, "--keep-loss", 0.5, "--json", "-"]
    again = json.loads(call("compress", tmp_path / "net.keras", "digits", *later).stdout)
    assert again["trials"] == 1 and again["ratio"] > 6
    shown = call(*asked[:-2]).stdout
    assert "times smaller" in shown and "score on test" in shown


def test_a_model_of_texts_with_its_vocabulary_by_the_command(tmp_path):
    texts = [f"{word} {row}" for row in range(30) for word in ("yes", "no")]
    rows = [f"{text.split()[0]}\t{text}" for text in texts]
    (tmp_path / "t.tsv").write_text("\n".join(["label\ttext", *rows]) + "\n")
    vector = LAYERS.TextVectorization(output_sequence_length=2)
    vector.adapt(texts)
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((), dtype=tf.string), vector, LAYERS.Embedding(40, 8, name="words"),
        LAYERS.GlobalMaxPooling1D(), LAYERS.Dense(2, name="out"),
    ])  # fmt: skip
    model.save(tmp_path / "net.keras")
    found = json.loads(call(
        "compress", tmp_path / "net.keras", tmp_path / "t.tsv", "--out", tmp_path / "small",
        "--learning-rate", 0.01, "--batch-size", 8, "--keep-loss", 0, "--json", "-",
    ).stdout)  # fmt: skip
    assert found["score"] >= found["base_score"] and found["ratio"] > 3
    assert {row["name"] for row in found["tensors"]} == {"words/embeddings", "out/kernel"}


def code_in(path):
    """A .keras file with a layer that would run code."""
    keras.Sequential([keras.Input((64,)), LAYERS.Lambda(lambda x: x)]).save(path)


def scores(path, number):
    keras.Sequential([keras.Input((8, 8, 1)), LAYERS.Flatten(), LAYERS.Dense(number)]).save(path)


def test_a_model_that_cannot_be_compressed_is_one_sentence(tmp_path):
    wrong = tmp_path / "wrong.keras"
    wrong.write_bytes(b"PK not a model")
    code_in(tmp_path / "code.keras")
    scores(tmp_path / "nine.keras", 9)
    keras.Sequential([keras.Input((5,)), LAYERS.Dense(10)]).save(tmp_path / "five.keras")
    scores(tmp_path / "ten.keras", 10)
    hot = keras.models.load_model(tmp_path / "ten.keras")
    hot.compile("adam", "categorical_crossentropy")
    hot.save(tmp_path / "hot.keras")
    for name, sentence in {
        "net.h5": "must be a .keras file",
        "none.keras": "does not exist",
        "wrong.keras": "is no model that tf_keras reads",
        "code.keras": "is no model that tf_keras reads",
        "nine.keras": "must give 10 scores an input, one a label; it gives (9,)",
        "five.keras": "does not take these inputs",
        "hot.keras": "is compiled with the loss categorical_crossentropy",
    }.items():
        said = call("compress", tmp_path / name, "digits", "--out", tmp_path / "out", code=2)
        assert sentence in said.stderr and said.stderr.count("Error: ") == 1
    for option in ("--epochs", "--batch-size", "--learning-rate"):
        asked = ["compress", tmp_path / "ten.keras", "digits", "--out", tmp_path / "out", option, 0]
        assert f"Error: {option} must be " in call(*asked, code=2).stderr
    asked = ["compress", tmp_path / "ten.keras", "digits", "--out", tmp_path / "out"]
    said = call(*asked, "--final-epochs", -1, code=2).stderr
    assert "Error: --final-epochs must be 0 or more" in said
    said = call(*asked, "--final-epochs", 1, "--slack", -1, code=2).stderr
    assert "Error: --slack must be 0 or more" in said
    said = call(*asked, "--slack", 0.01, code=2).stderr
    assert "Error: --slack must be left out without final epochs" in said
    said = call(*asked, "--like", tmp_path / "none", code=2).stderr
    assert "none holds no search that made a model smaller" in said
    assert not (tmp_path / "out").exists()
