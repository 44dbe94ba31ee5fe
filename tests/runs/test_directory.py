"""Run directory: what is written is read again; what is damaged is refused with a sentence."""

import json

import msgspec
import numpy as np
import pytest

from pnet_tf.data import InputSpec
from pnet_tf.errors import InputError
from pnet_tf.runs import directory as runs
from pnet_tf.settings import make_settings

CONFIG = runs.RunConfig(
    version="0",
    data="x.npz",
    task="classification",
    input=InputSpec("dense", (4,)),
    outputs=2,
    trainer=None,
    settings=make_settings("dense", {"seed": 3}),
    data_sha256="ab",
)
LABELS = ("no", "yes")


def start(path, config=CONFIG, labels=LABELS, replies=None):
    with runs.fresh_run(path, config, labels, replies or {}, {}) as run:
        return run


@pytest.fixture
def run(tmp_path):
    return start(tmp_path / "run", replies={"yes": ("ok 👍",)})


def change(run, name, **changes):
    content = {**json.loads((run.path / name).read_text()), **changes}
    content = {key: value for key, value in content.items() if value is not ...}
    (run.path / name).write_text(json.dumps(content))


def test_round_trip(run):
    again = runs.read_run(run.path)
    assert again == run and again.config == CONFIG
    assert again.labels == LABELS and again.replies == {"yes": ("ok 👍",)}
    assert not again.finished
    assert json.loads((run.path / runs.CONFIG).read_text())["schema"] == 2
    assert again.config.student.projection.options["seed"] == 3


def test_refuses_a_folder_with_something_in_it(run, tmp_path):
    before = (run.path / runs.CONFIG).read_bytes()
    with pytest.raises(InputError, match="exists already; give another --out, or --resume"):
        start(run.path)
    assert (run.path / runs.CONFIG).read_bytes() == before
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(InputError, match="exists already|cannot be made"):
            start(path)


@pytest.mark.parametrize("name", ["a\0b", "a" * 300, "x/" * 3000])
def test_a_name_that_cannot_be_is_refused(tmp_path, name):
    with pytest.raises(InputError):
        start(tmp_path / name)
    assert not any(tmp_path.iterdir())


def test_an_empty_folder_and_missing_parents_will_do(tmp_path):
    (tmp_path / "empty").mkdir()
    assert start(tmp_path / "empty").labels == LABELS
    assert start(tmp_path / "a" / "b" / "c").labels == LABELS


def test_half_written_run(run):
    with pytest.raises(InputError, match=r"half written.*student\.npz; finish it with"):
        runs.read_finished_run(run.path)
    (run.path / runs.LABELS).unlink()
    with pytest.raises(InputError, match=r"is not a run directory: it has no labels\.json"):
        runs.read_run(run.path)
    with pytest.raises(InputError, match="there is no such folder"):
        runs.read_run(run.path / "no")
    with pytest.raises(InputError, match="there is no such folder"):
        runs.read_run(run.path / runs.CONFIG)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": 99}, "has schema 99; this version reads 1 and 2"),
        ({"schema": None}, "has schema None"),
        ({"schema": ...}, "has schema None"),
        ({"schema": 2.0}, r"has schema 2\.0"),
        ({"schema": True}, "has schema True"),
        ({"schema": "2"}, "has schema '2'"),
        ({"settings": ...}, "settings is missing"),
        ({"settings": {}}, "settings: projection is missing"),
        ({"settings": 5}, "settings must be an object, got 5"),
        ({"input": 5}, "input must be an object with kind and shape, got 5"),
        ({"input": {"kind": "dense", "shape": []}}, "shape of dense input must be 1 whole"),
        ({"outputs": "2"}, "outputs must be a whole number, got '2'"),
        ({"outputs": 3}, r"labels\.json has 2 labels for 3 outputs"),
        ({"task": "ranking"}, "task must be one of classification, regression"),
        ({"task": "regression"}, r"labels\.json has 2 labels for 2 outputs"),
        ({"trainer": []}, "trainer must be an object or null"),
        ({"data": None}, "data must be text, got None"),
        ({"colour": "red"}, "colour does not exist; allowed: version, data, task, input"),
    ],
)
def test_damaged_configuration(run, changes, words):
    change(run, runs.CONFIG, **changes)
    with pytest.raises(InputError, match=words) as caught:
        runs.read_run(run.path)
    assert str(run.path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"labels": ["no", "no"]}, "labels hold 'no' twice; allowed: once"),
        ({"labels": [1, 2]}, r"labels\[0\] must be text, got 1"),
        ({"labels": "no"}, "labels must be a list"),
        ({"labels": ["no"], "replies": {}}, "has 1 labels for 2 outputs"),
        ({"labels": ["no"]}, "replies for 'yes'; allowed: the labels"),
        ({"labels": ...}, "labels is missing"),
        ({"replies": ...}, "replies is missing"),
        ({"replies": []}, "replies must be an object"),
        ({"replies": {"yes": "ok"}}, "must be a list"),
        ({"replies": {"yes": [5]}}, "must be text, got"),
    ],
)
def test_damaged_labels(run, changes, words):
    change(run, runs.LABELS, **changes)
    with pytest.raises(InputError, match=words) as caught:
        runs.read_run(run.path)
    assert str(run.path / runs.LABELS) in str(caught.value)


@pytest.mark.parametrize("name", [runs.CONFIG, runs.LABELS])
@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b"\x00", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000]
)
def test_damaged_json(run, name, content):
    (run.path / name).write_bytes(content)
    with pytest.raises(InputError, match=name) as caught:
        runs.read_run(run.path)
    assert len(str(caught.value)) < 400


def test_regression_has_no_labels(tmp_path):
    values = msgspec.structs.replace(CONFIG, task="regression", outputs=5)
    assert start(tmp_path / "run", values, ()).labels == ()


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
        with pytest.raises(InputError, match=r"a\.npz: not a zip file or a truncated one"):
            runs.load_arrays(path)
    with pytest.raises(InputError, match=r"b\.npz: no such file"):
        runs.load_arrays(tmp_path / "b.npz")
    for extra in (b"{", b"[]", b"5", b"[" * 100_000, b"\xff"):
        np.savez(path, extra=np.frombuffer(extra, np.uint8))
        with pytest.raises(InputError, match=r"a\.npz is damaged"):
            runs.load_arrays(path)
    np.savez(path, a00000=np.zeros(3))
    with pytest.raises(InputError, match=r"a\.npz is damaged"):
        runs.load_arrays(path)


def test_arrays_never_unpickle(tmp_path):
    np.savez(tmp_path / "p.npz", extra=np.array([{}], dtype=object))
    with pytest.raises(InputError, match=r"holds Python objects \(a pickle\)"):
        runs.load_arrays(tmp_path / "p.npz")


def test_history_has_a_row_an_epoch(tmp_path):
    runs.write_history(tmp_path / "h.csv", [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
    assert (tmp_path / "h.csv").read_text() == "epoch,loss\n1,0.5\n2,0.25\n"
