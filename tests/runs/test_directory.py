"""Run directory: what is written is read again; what is damaged is refused with a sentence."""

import json

import numpy as np
import pytest

from pnet_tf.runs import directory as runs
from pnet_tf.errors import InputError

CONFIG = {
    "task": "classification",
    "input": {"kind": "dense", "shape": [4]},
    "outputs": 2,
    "projection": {},
    "head": {},
    "settings": {},
    "data": "x.npz",
    "version": "0",
}


@pytest.fixture
def run(tmp_path):
    return runs.create_run(tmp_path / "run", CONFIG, ("no", "yes"), {"yes": ("ok 👍",)})


def test_round_trip(run):
    again = runs.read_run(run.path)
    assert again == run
    assert again.labels == ("no", "yes") and again.replies == {"yes": ("ok 👍",)}
    assert not again.finished


def test_refuses_a_folder_with_something_in_it(run):
    before = (run.path / runs.CONFIG).read_bytes()
    with pytest.raises(InputError, match="exists already"):
        runs.create_run(run.path, CONFIG, (), {})
    assert (run.path / runs.CONFIG).read_bytes() == before


def test_half_written_run(run):
    with pytest.raises(InputError, match="half written.*student.npz"):
        runs.read_finished_run(run.path)
    (run.path / runs.LABELS).unlink()
    with pytest.raises(InputError, match="has no labels.json"):
        runs.read_run(run.path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": 99}, "schema 99"),
        ({"schema": None}, "schema None"),
        ({"head": ...}, "lacks head"),
    ],
)
def test_other_schema_or_missing_key(run, change, words):
    content = {**json.loads((run.path / runs.CONFIG).read_text()), **change}
    content = {key: value for key, value in content.items() if value is not ...}
    (run.path / runs.CONFIG).write_text(json.dumps(content))
    with pytest.raises(InputError, match=words):
        runs.read_run(run.path)


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00"])
def test_damaged_json(run, text):
    (run.path / runs.CONFIG).write_text(text)
    with pytest.raises(InputError, match="config.json"):
        runs.read_run(run.path)


def test_arrays_keep_order_type_and_extra(tmp_path):
    arrays = [np.arange(i + 1, dtype=np.int8) for i in range(12)] + [np.float32(2.5)]
    runs.save_arrays(tmp_path / "a.npz", arrays, progress={"epoch": 3, "best_score": -np.inf})
    found, extra = runs.load_arrays(tmp_path / "a.npz")
    assert extra["progress"] == {"epoch": 3, "best_score": -np.inf}
    for one, two in zip(arrays, found, strict=True):
        np.testing.assert_array_equal(one, two)
        assert np.asarray(one).dtype == two.dtype


def test_damaged_arrays(tmp_path):
    path = tmp_path / "a.npz"
    runs.save_arrays(path, [np.zeros(100)])
    whole = path.read_bytes()
    for content in (whole[:50], b"", whole[:-30], b"x" * 200):
        path.write_bytes(content)
        with pytest.raises(InputError, match="a.npz is damaged"):
            runs.load_arrays(path)
    with pytest.raises(InputError, match="does not exist"):
        runs.load_arrays(tmp_path / "b.npz")


def test_arrays_never_unpickle(tmp_path):
    np.savez(tmp_path / "p.npz", extra=np.array([{}], dtype=object))
    with pytest.raises(InputError, match="damaged"):
        runs.load_arrays(tmp_path / "p.npz")


def test_history_has_a_row_an_epoch(tmp_path):
    runs.write_history(tmp_path / "h.csv", [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
    assert (tmp_path / "h.csv").read_text() == "epoch,loss\n1,0.5\n2,0.25\n"
