"""`trainer_weights`: the trainer of another run comes with its encoder and its weights."""

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.runs import directory as runs
from pnet_tf.runs.load import load_trainer
from pnet_tf.runs.train import train

from ..training.small import ALONE, TAUGHT, features, same, texts, weights
from .conftest import SETTINGS, write_csv

pytestmark = pytest.mark.usefixtures("eager")


def borrowing(kind, path, **changes):
    """Settings of a run that keeps the trainer of `path` as it is."""
    return [SETTINGS[kind], {"trainer_weights": str(path), "freeze_trainer": True, **changes}]


def trainer_of(path):
    return load_trainer(runs.read_finished_run(path))


def other_rows(kind, folder):
    """Data of the same labels that an encoder would measure otherwise, longer texts among them."""
    if kind == "text":
        messages, labels = texts(24)
        write_csv(folder / "other.csv", [f"{m} and much more of it" for m in messages], labels)
        return str(folder / "other.csv")
    x, y = features(30, 5)
    np.savez(folder / "other.npz", x_train=x * 3 + 7, y_train=y, x_test=x, y_test=y)
    return str(folder / "other.npz")


@pytest.mark.parametrize("kind", ["dense", "text"])
def test_the_trainer_answers_as_in_its_own_run(finished, tmp_path, kind):
    lender = trainer_of(finished(kind))
    train(other_rows(kind, tmp_path), tmp_path / "run", borrowing(kind, finished(kind)))
    borrowed = trainer_of(tmp_path / "run")
    assert same(weights(borrowed.model), weights(lender.model))
    assert borrowed.config == lender.config
    inputs = texts()[0] if kind == "text" else features()[0]
    one, other = (t.model(t.encode(inputs)).numpy() for t in (lender, borrowed))
    np.testing.assert_array_equal(one, other)
    row = (tmp_path / "run" / runs.HISTORY).read_text().splitlines()[0]
    assert "distillation_loss" in row and "trainer_loss" not in row


def test_it_is_trained_further_unless_it_is_frozen(finished, sources, tmp_path):
    lender = trainer_of(finished("dense"))
    train(sources["dense"], tmp_path / "run", borrowing("dense", finished("dense"),
                                                        freeze_trainer=False))  # fmt: skip
    borrowed = trainer_of(tmp_path / "run")
    assert not same(weights(borrowed.model), weights(lender.model))
    assert borrowed.config == lender.config
    assert "trainer_loss" in (tmp_path / "run" / runs.HISTORY).read_text()


def test_what_it_learnt_shows_from_the_start(finished, sources, tmp_path):
    """A trained trainer's first epoch begins where its own run ended, not from new weights."""
    train(sources["dense"], tmp_path / "run", borrowing("dense", finished("dense"), seed=0))
    first = runs.read_json(tmp_path / "run" / runs.REPORT)["valid_trainer_accuracy"]
    assert first == runs.read_json(finished("dense") / runs.REPORT)["valid_trainer_accuracy"]


@pytest.fixture(scope="module")
def alone(sources, tmp_path_factory):
    """A finished run without a trainer."""
    path = tmp_path_factory.mktemp("alone") / "run"
    train(sources["dense"], path, [ALONE, {"schedule": {"epochs": 1, "batch_size": 64}}])
    return path


def refusal(source, out, settings):
    with pytest.raises(InputError) as caught:
        train(source, out, settings)
    assert "\n" not in str(caught.value) and not out.exists()
    return str(caught.value)


def test_a_run_without_a_trainer_is_refused(alone, sources, tmp_path):
    found = refusal(sources["dense"], tmp_path / "run", borrowing("dense", alone))
    assert found == f"{alone} was trained without a trainer; trainer_weights needs one"


def test_another_trainer_is_refused(finished, sources, tmp_path):
    change = {"trainer": {"name": "gru"}, "trainer_weights": str(finished("text"))}
    found = refusal(sources["text"], tmp_path / "run", [SETTINGS["text"], change])
    assert found == f"the trainer of {finished('text')} is 'ff', not 'gru'"


def test_other_labels_tasks_and_inputs_are_refused(finished, sources, tmp_path):
    words = "is for other labels or inputs than these data"
    x, y = features()
    for name, targets in (("fewer", np.where(y == 2, 1, y)), ("others", y + 1),
                          ("values", x[:, :3])):  # fmt: skip
        path = tmp_path / f"{name}.npz"
        np.savez(path, x_train=x, y_train=targets, x_test=x, y_test=targets)
        assert words in refusal(str(path), tmp_path / "run", borrowing("dense", finished("dense")))
    np.savez(tmp_path / "narrow.npz", x_train=x[:, :5], y_train=y, x_test=x[:, :5], y_test=y)
    for source, kind, lender in (
        (sources["image"], "image", finished("dense")),
        (sources["dense"], "dense", finished("values")),
        (str(tmp_path / "narrow.npz"), "dense", finished("dense")),
    ):
        assert words in refusal(source, tmp_path / "run", borrowing(kind, lender))


def test_what_is_no_finished_run_is_refused(finished, sources, tmp_path, copy):
    out = tmp_path / "run"
    assert refusal(sources["dense"], out, borrowing("dense", "nowhere")) == (
        "'nowhere' is not a run directory: there is no such folder"
    )
    half = copy()
    (half / runs.STUDENT).unlink()
    assert "is half written" in refusal(sources["dense"], out, borrowing("dense", half))
    damaged = copy(name="damaged")
    (damaged / runs.TRAINER).write_bytes(b"x" * 99)
    assert "trainer.npz" in refusal(sources["dense"], out, borrowing("dense", damaged))


@pytest.mark.parametrize("weights_of", ["nowhere", None])
def test_weights_without_a_trainer_are_refused(finished, sources, tmp_path, weights_of):
    path = weights_of or str(finished("dense"))
    np.savez(tmp_path / "l.npz", logits=np.zeros((36, 3), np.float32))
    out, words = tmp_path / "run", "trainer_weights are for a trainer, and there is none: "
    found = refusal(sources["dense"], out, [ALONE, {"trainer_weights": path}])
    assert found == words + "trainer is none"
    stored = {"trainer_weights": path, "teacher_logits": str(tmp_path / "l.npz")}
    found = refusal(sources["dense"], out, [TAUGHT, stored])
    assert found == words + "teacher_logits stand in its place"
