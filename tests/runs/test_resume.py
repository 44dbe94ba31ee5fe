"""`resume`: it ends as if it had never stopped; changed data and damage are refused."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.runs import directory as runs
from pnet_tf.runs.load import load_trainer
from pnet_tf.runs.train import resume, train

from ..training.small import ALONE, TAUGHT, WORDS, features, same, texts, untraced
from .conftest import write_csv

pytestmark = pytest.mark.usefixtures("eager")
CHANGES = {
    "taught": TAUGHT,
    "patient": {**TAUGHT, "schedule": {"epochs": 3, "batch_size": 16, "patience": 1}},
    "pruned": {**ALONE, "prune": 0.5, "schedule": {"epochs": 3, "batch_size": 16}},
}


class Camera:
    """A watch that copies the run as a kill would leave it: at its start and after each epoch.

    Of a trainer that learns first there are copies too, until the student has its own.
    """

    def __init__(self, out):
        self.out = Path(out)

    def shot(self, epoch):
        return self.out.with_name(f"{self.out.name}-{epoch}")

    def on_batch(self, epoch, step, steps, metrics):
        if epoch == step == 0:
            self._take(0)

    def on_epoch(self, row, epochs):
        self._take(row["epoch"])

    def _take(self, epoch):
        shutil.rmtree(self.shot(epoch), ignore_errors=True)
        shutil.copytree(self.out, self.shot(epoch))


def cameras(folder, sources, settings_of):
    """Kind -> Camera of a run that is trained when it is first asked for; nobody may change it."""
    made = {}

    def camera(kind):
        if kind not in made:
            made[kind] = Camera(folder / kind)
            train(sources[kind], made[kind].out, settings_of(kind), watch=made[kind])
        return made[kind]

    return camera


def outcome(path):
    """Everything that a run ends with but for the time it took."""
    rows = list(csv.DictReader((path / runs.HISTORY).read_text().splitlines()))
    report = runs.read_json(path / runs.REPORT)
    plain = [{k: v for k, v in row.items() if k != "seconds"} for row in (*rows, report)]
    names = {item.name for item in path.iterdir()}
    return names, [{k: v for k, v in row.items() if k != "run"} for row in plain]


def arrays(path):
    found = runs.load_arrays(path / runs.STUDENT)[0]
    trainer = path / runs.TRAINER
    return found + (runs.load_arrays(trainer)[0] if trainer.exists() else [])


@pytest.mark.parametrize("settings", CHANGES.values(), ids=CHANGES)
def test_a_killed_training_ends_as_one_that_was_not(sources, tmp_path, settings):
    camera = Camera(tmp_path / "whole")
    train(sources["dense"], camera.out, settings, watch=camera)
    shots = sorted(tmp_path.glob("whole-*"))
    assert len(shots) >= 3 and not (shots[0] / runs.CHECKPOINT).exists()
    for shot in shots:
        resume(sources["dense"], shot)
        assert outcome(shot) == outcome(camera.out)
        assert same(arrays(shot), arrays(camera.out))


def test_an_ensemble_ends_as_one_that_was_not_killed_and_answers_the_same(sources, tmp_path):
    members = {"ff": {"buckets": 64, "embedding": 4}, "tfidf": {"feature_dropout": 0.3}}
    settings = {**WORDS, "trainer": {"name": "ensemble:ff+tfidf", **members}}
    camera = Camera(tmp_path / "whole")
    train(sources["text"], camera.out, settings, watch=camera)
    for epoch in (0, 1):
        resume(sources["text"], camera.shot(epoch))
        assert outcome(camera.shot(epoch)) == outcome(camera.out)
        assert same(arrays(camera.shot(epoch)), arrays(camera.out))
    first, again = (load_trainer(runs.read_run(x)) for x in (camera.out, camera.shot(1)))
    assert first.config == again.config and first.config["encoder"]["tfidf"]["used"] > 0
    answers = [trainer.model(trainer.encode(texts()[0])).numpy() for trainer in (first, again)]
    assert np.array_equal(*answers) and np.ptp(answers[0]) > 0


def test_a_borrowed_frozen_trainer_survives_a_kill(finished, tmp_path):
    """With its own encoder, which these other rows would measure otherwise."""
    (x, y), source = features(30, 5), str(tmp_path / "other.npz")
    np.savez(source, x_train=x * 3 + 7, y_train=y, x_test=x, y_test=y)
    settings = [TAUGHT, {"trainer_weights": str(finished("dense")), "freeze_trainer": True}]
    camera = Camera(tmp_path / "whole")
    train(source, camera.out, settings, watch=camera)
    theirs = runs.load_arrays(finished("dense") / runs.TRAINER)[0]
    for epoch in (0, 1):
        resume(source, camera.shot(epoch))
        assert same(arrays(camera.shot(epoch)), arrays(camera.out))
        assert outcome(camera.shot(epoch)) == outcome(camera.out)
        assert same(runs.load_arrays(camera.shot(epoch) / runs.TRAINER)[0], theirs)


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """A CSV file, and a run of it that stopped after its first epoch."""
    folder = tmp_path_factory.mktemp("half")
    write_csv(folder / "d.csv", *texts())
    camera = Camera(folder / "run")
    with untraced():
        train(str(folder / "d.csv"), camera.out, WORDS, watch=camera)
    return folder / "d.csv", camera.shot(1)


@pytest.fixture
def stopped(half, tmp_path):
    return shutil.copytree(half[1], tmp_path / "run")


def change_rows(path, how):
    lines = path.read_text().splitlines()
    changed = how(lines)
    path.write_text("\n".join(changed) + "\n")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (lambda rows: [*rows[:5], rows[5].replace("door", "gate"), *rows[6:]], "the rows of"),
        (lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], "the rows of"),
        (lambda rows: rows[:-1], "the rows of"),
        (lambda rows: [*rows, "open the door please,open"], "the rows of"),
        (lambda rows: [rows[0], rows[1].replace(",open", ",shut"), *rows[2:]], "the rows of"),
        (lambda rows: [*rows, "what,third", "who,third", "why,third"], "the labels of"),
    ],
)
def test_changed_data_are_refused(half, stopped, how, words):
    source, before = half[0], half[0].read_text()
    change_rows(source, how)
    try:
        with pytest.raises(InputError, match=rf"{words} .*d\.csv have changed since .* was star"):
            resume(str(source), stopped)
    finally:
        source.write_text(before)
    assert resume(str(source), stopped).epochs == 2


def test_other_data_and_finished_runs_are_refused(half, finished, sources, stopped):
    with pytest.raises(InputError, match=r"was made from '.*d\.csv', not 'other\.csv'"):
        resume("other.csv", stopped)
    with pytest.raises(InputError, match="is finished: there is nothing to resume"):
        resume(sources["dense"], finished("dense"))
    with pytest.raises(InputError, match="there is no such folder"):
        resume(str(half[0]), stopped / "no")
    assert resume(half[0], stopped).epochs == 2


def test_changed_teacher_logits_are_refused(sources, tmp_path):
    logits, path = np.eye(3)[np.arange(36) % 3], tmp_path / "l.npz"
    np.savez(path, logits=logits)
    camera = Camera(tmp_path / "run")
    settings = [ALONE, {"teacher_logits": str(path)}]
    train(sources["dense"], camera.out, settings, watch=camera)
    np.savez(path, logits=logits + np.eye(36)[:, :3] * 1e-6)
    for epoch in (0, 1):
        with pytest.raises(InputError, match=r"the logits in .*l\.npz have changed since"):
            resume(sources["dense"], camera.shot(epoch))
    np.savez(path, logits=logits)
    resume(sources["dense"], camera.shot(1))
    assert same(arrays(camera.shot(1)), arrays(camera.out))


GOOD = {"epoch": 1, "history": [{"epoch": 1, "loss": 0.5}], "best_score": 0.5, "best_epoch": 1}
DAMAGE = {
    "no progress": {"progress": ...},
    "progress null": {"progress": None},
    "progress a list": {"progress": []},
    "epoch as text": {"progress": {**GOOD, "epoch": "1"}},
    "epoch a half": {"progress": {**GOOD, "epoch": 0.5}},
    "epoch ahead": {"progress": {**GOOD, "epoch": 7}},
    "epoch negative": {"progress": {**GOOD, "epoch": -1}},
    "best epoch ahead": {"progress": {**GOOD, "best_epoch": 2}},
    "no history": {"progress": {**GOOD, "history": []}},
    "history as text": {"progress": {**GOOD, "history": [{"loss": "low"}]}},
    "best score null": {"progress": {**GOOD, "best_score": None}},
    "an array less": {"arrays": lambda found: found[:-1]},
    "an array more": {"arrays": lambda found: [*found, found[-1]]},
    "another shape": {"arrays": lambda found: [found[0][:-1], *found[1:]]},
    "another type": {"arrays": lambda found: [found[0].astype(np.float64), *found[1:]]},
    "text for numbers": {"arrays": lambda found: [found[0].astype(str), *found[1:]]},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_checkpoint_is_one_sentence(half, stopped, damage):
    path = stopped / runs.CHECKPOINT
    found, extra = runs.load_arrays(path)
    extra = {**extra, "progress": damage.get("progress", extra["progress"])}
    kept = {name: value for name, value in extra.items() if value is not ...}
    runs.save_arrays(path, damage.get("arrays", list)(found), **kept)
    before = path.read_bytes()
    with pytest.raises(InputError, match="damaged|the checkpoint does not fit") as caught:
        resume(str(half[0]), stopped)
    assert "\n" not in str(caught.value) and path.read_bytes() == before


@pytest.mark.parametrize("size", [0, 100, -100])
def test_a_truncated_checkpoint_is_one_sentence(half, stopped, size):
    path = stopped / runs.CHECKPOINT
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InputError, match=r"checkpoint\.npz: not a zip file or a truncated one"):
        resume(str(half[0]), stopped)
