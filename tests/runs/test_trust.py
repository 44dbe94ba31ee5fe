"""Code that a run names is imported by consent only, whichever way leads to its trainer."""

import json
import shutil
import sys

import pytest

from pnet_tf.errors import InputError
from pnet_tf.runs import directory as runs
from pnet_tf.runs.evaluate import evaluate_run
from pnet_tf.runs.load import load_student, load_trainer
from pnet_tf.runs.teach import store_teacher_logits
from pnet_tf.runs.train import resume, train

from ..training.small import ALONE, untraced
from .test_resume import Camera

pytestmark = pytest.mark.usefixtures("eager")
SPEC = "evilmod:f"
OWN = {**ALONE, "trainer": {"name": SPEC}}
MODULE = """
from pathlib import Path
from pnet_tf._keras import keras

Path("marker").write_text("imported")

def f(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs)])
"""


def forget():
    sys.modules.pop("evilmod", None)


@pytest.fixture(scope="module")
def camera(sources, tmp_path_factory):
    """A run with a trainer of the user's own code, and how it looked on the way."""
    folder = tmp_path_factory.mktemp("evil")
    found = Camera(folder / "run")
    with pytest.MonkeyPatch.context() as patch, untraced():
        patch.chdir(folder)
        (folder / "evilmod.py").write_text(MODULE)
        train(sources["dense"], found.out, OWN, watch=found)
    forget()
    return found


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, where importing the module would leave its marker."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evilmod.py").write_text(MODULE)
    yield tmp_path
    forget()


def imported(folder):
    return (folder / "marker").exists() or "evilmod" in sys.modules


def edited(path, **changes):
    """The run `path` with other values in its config.json; `trainer_name` in its settings."""
    config = json.loads((path / runs.CONFIG).read_text())
    if "trainer_name" in changes:
        config["settings"]["trainer"] = {"name": changes.pop("trainer_name")}
    (path / runs.CONFIG).write_text(json.dumps({**config, **changes}))
    return path


def load(camera, source, here, trust):
    load_trainer(runs.read_finished_run(camera.out), trust)


def evaluate(camera, source, here, trust):
    assert evaluate_run(camera.out, source, trust=trust).trainer_accuracy is not None


def teach(camera, source, here, trust):
    store_teacher_logits([camera.out], source, here / "l.npz", trust=trust)


def borrow(camera, source, here, trust):
    settings = {**OWN, "trainer_weights": str(camera.out), "freeze_trainer": True}
    train(source, here / "new", settings, trust=trust)


def resume_start(camera, source, here, trust):
    resume(source, shutil.copytree(camera.shot(0), here / "again"), trust=trust)


def resume_half(camera, source, here, trust):
    resume(source, shutil.copytree(camera.shot(1), here / "again"), trust=trust)


WAYS = [load, evaluate, teach, borrow, resume_start, resume_half]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_without_consent_nothing_is_imported(camera, sources, here, way):
    with pytest.raises(InputError) as caught:
        way(camera, sources["dense"], here, False)
    words = "has a trainer of its own code, 'evilmod:f', which is not run without consent"
    assert words in str(caught.value) and "--trust" in str(caught.value)
    assert not imported(here) and not (here / "l.npz").exists() and not (here / "new").exists()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_who_is_asked_sees_the_module_and_decides(camera, sources, here, way):
    questions = []

    def ask(question):
        questions.append((question, imported(here)))
        return len(questions) == 2

    with pytest.raises(InputError, match="not run without consent"):
        way(camera, sources["dense"], here, ask)
    assert not imported(here)
    shutil.rmtree(here / "again", ignore_errors=True)
    way(camera, sources["dense"], here, ask)
    assert imported(here) and len(questions) == 2
    for question, done in questions:
        assert SPEC in question and not done
        assert str(camera.out) in question or str(here / "again") in question


@pytest.mark.parametrize("way", [evaluate, resume_half], ids=lambda way: way.__name__)
def test_consent_once_and_for_all(camera, sources, here, way):
    way(camera, sources["dense"], here, True)
    assert imported(here)


def test_the_student_alone_needs_no_consent(camera, here):
    assert load_student(runs.read_finished_run(camera.out)).spec.shape == (6,)
    assert not imported(here)


@pytest.mark.parametrize("epoch", [0, 1])
def test_a_trainer_hidden_in_the_settings_is_not_imported(camera, sources, here, epoch):
    path = edited(shutil.copytree(camera.shot(epoch), here / "again"), trainer=None)
    with pytest.raises(InputError, match="own code, 'evilmod:f', which is not run without consent"):
        resume(sources["dense"], path)
    assert not imported(here)


def test_a_module_smuggled_into_a_usual_run_is_not_imported(finished, sources, here):
    trainer = {**runs.read_run(finished("dense")).config.trainer, "spec": SPEC}
    path = edited(shutil.copytree(finished("dense"), here / "again"), trainer=trainer)
    for act in (lambda: evaluate_run(path, sources["dense"]),
                lambda: store_teacher_logits([finished("dense"), path], sources["dense"], "l.npz"),
                lambda: load_trainer(runs.read_run(path))):  # fmt: skip
        with pytest.raises(InputError, match="own code, 'evilmod:f'"):
            act()
    (path / runs.STUDENT).unlink()
    edited(path, trainer_name=SPEC)
    with pytest.raises(InputError, match="own code, 'evilmod:f'"):
        resume(sources["dense"], path)
    assert not imported(here)


def test_ones_own_module_in_ones_own_settings_needs_no_consent(sources, here):
    train(sources["dense"], here / "new", OWN)
    assert imported(here)
