import gzip
import io
import struct
import zipfile

import numpy as np
import pytest

from pnet_tf.data import InputSpec, limits, load_dataset, load_split
from pnet_tf.errors import InputError


def save(path, arrays, **options):
    np.savez_compressed(path, **arrays, **options)
    return str(path)


def test_idx(tmp_path, make):
    found = load_dataset(str(make.idx(tmp_path / "digits3")), valid_fraction=0.25)
    assert (found.name, found.kind, found.labels) == ("digits3", "image", ("0", "1", "2"))
    assert (found.input_shape, found.train.inputs.shape) == ((2, 3, 1), (9, 2, 3, 1))
    assert found.test.inputs[1, :, :, 0].tolist() == [[6, 7, 8], [9, 10, 11]]
    assert found.test.targets.tolist() == [0, 1, 2, 0]
    assert np.bincount(found.valid.targets).tolist() == [1, 1, 1]


def test_idx_test_split_needs_no_train(tmp_path, make):
    folder = make.idx(tmp_path / "d")
    (folder / "train-images-idx3-ubyte.gz").unlink()
    call = {"labels": ["0", "1"], "spec": InputSpec("image", (2, 3, 1))}
    found = load_split(str(folder), "test", task="classification", **call)
    assert found.targets.tolist() == [0, 1, -1, 0]
    with pytest.raises(InputError, match="train-images-idx3-ubyte.gz: no such file"):
        load_dataset(str(folder))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (struct.pack(">4I", 0x804, 12, 2, 3) + bytes(72), "magic number 0x00000804"),
        (struct.pack(">4I", 0x803, 12, 2, 3) + bytes(71), "71 bytes of data; .* needs 72"),
        (struct.pack(">4I", 0x803, 12, 2, 3) + bytes(73), "73 bytes of data; .* needs 72"),
        (struct.pack(">4I", 0x803, 2**31, 2**31, 4) + bytes(9), "9 bytes of data"),
        (struct.pack(">4I", 0x803, 0, 2, 3), "at least one"),
        (struct.pack(">4I", 0x803, 11, 2, 3) + bytes(66), "11 images and .* 12 labels"),
        (b"\0\0", "2 bytes unpacked"),
        (b"", "0 bytes unpacked"),
    ],
)
def test_idx_refuses(tmp_path, make, data, message):
    folder = make.idx(tmp_path / "d")
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(data))
    with pytest.raises(InputError, match=message):
        load_dataset(str(folder))


def test_idx_truncated_gzip(tmp_path, make):
    file = make.idx(tmp_path / "d") / "train-labels-idx1-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(InputError, match="train-labels-idx1-ubyte.gz: damaged or not readable"):
        load_dataset(str(tmp_path / "d"))


def test_npz_dense(tmp_path, make):
    arrays = make.npz()
    found = load_dataset(save(tmp_path / "d.npz", arrays))
    assert (found.name, found.kind, found.task) == ("d", "dense", "classification")
    assert (found.labels, found.input_shape) == (("0", "1", "2"), (3,))
    assert found.test.inputs.tolist() == arrays["x_test"].tolist()
    assert found.test.targets.tolist() == [0, 1, 2, 0]
    assert (len(found.train.targets), len(found.valid.targets)) == (11, 1)


def test_npz_images_and_own_valid(tmp_path):
    x, y = np.arange(24, dtype=np.uint8).reshape(4, 2, 3), np.array([[10], [9], [10], [9]])
    arrays = {f"{k}_{s}": v for s in ("train", "valid", "test") for k, v in (("x", x), ("y", y))}
    arrays["x_valid"] = x[..., None]
    found = load_dataset(save(tmp_path / "d.npz", arrays))
    assert (found.kind, found.labels, found.input_shape) == ("image", ("9", "10"), (2, 3, 1))
    assert found.train.inputs[..., 0].tolist() == x.tolist()
    assert found.valid.targets.tolist() == [1, 0, 1, 0]


def test_npz_orders_and_types(tmp_path, make):
    arrays = make.npz()
    arrays["x_train"] = np.asfortranarray(arrays["x_train"].astype(">f8"))
    arrays["y_train"] = np.array(["x", "yy", "z"] * 4)
    found = load_dataset(save(tmp_path / "d.npz", arrays))
    assert found.labels == ("x", "yy", "z")
    assert found.train.inputs.dtype == np.float32
    whole = np.concatenate([found.train.inputs, found.valid.inputs])
    assert sorted(whole.tolist()) == sorted(arrays["x_train"].tolist())


@pytest.mark.parametrize("columns", [None, 2])
def test_npz_regression_by_float_targets(tmp_path, make, columns):
    arrays = make.npz()
    for key in ("y_train", "y_test"):
        y = arrays[key] / 2
        arrays[key] = y if columns is None else np.stack([y] * columns, 1)
    found = load_dataset(save(tmp_path / "d.npz", arrays))
    assert (found.task, found.labels) == ("regression", ())
    assert (found.test.targets.shape, found.test.targets.dtype) == ((4, columns or 1), np.float32)
    assert found.test.targets[:, 0].tolist() == [0, 0.5, 1, 0]
    with pytest.raises(InputError, match="allowed for classification: integers"):
        load_dataset(str(tmp_path / "d.npz"), task="classification")


def test_npz_regression_by_task(tmp_path, make):
    found = load_dataset(save(tmp_path / "d.npz", make.npz()), task="regression")
    assert found.test.targets.tolist() == [[0], [1], [2], [0]]


def changed(key, value):
    return lambda arrays: arrays.__setitem__(key, value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("y_test"), "no y_test; found x_test, x_train, y_train; needed"),
        (changed("x_valid", np.zeros((2, 3))), "no y_valid"),
        (changed("y_train", np.zeros(5, int)), "x_train has 12 rows and y_train 5"),
        (changed("x_test", np.zeros((4, 2))), r"test has shape \[2\] -> \[\]; allowed: \[3\]"),
        (changed("x_test", np.zeros((4, 3, 1), np.uint8)), "images and dense features mixed"),
        (changed("x_train", np.zeros((12, 3, 3))), r"x_train is float64 \[12, 3, 3\]; allowed"),
        (changed("x_train", np.zeros((0, 3))), r"x_train is float64 \[0, 3\]; allowed"),
        (changed("x_train", np.array(3.0)), r"x_train is float64 \[\]; allowed"),
        (changed("x_train", np.zeros((12, 3), complex)), "complex128"),
        (changed("y_train", np.eye(12, dtype=int)), r"y_train is int64 \[12, 12\]; allowed for"),
        (changed("y_train", np.ones(12, int)), "train has one class, '1'; needed: two"),
        (changed("x_train", np.array([[1, 2, 3]] * 11 + [[1, np.nan, 3]])), r"\[11, 1\] is nan"),
        (changed("x_train", np.full((12, 3), 1e39)), r"\[0, 0\] is 1e\+39; allowed: finite"),
        (changed("y_train", np.array([0.5, np.inf] * 6)), r"y_train\[1, 0\] is inf"),
        (changed("x_train", np.array([{}] * 12)), "x_train: holds Python objects"),
    ],
)
def test_npz_refuses(tmp_path, make, change, message):
    arrays = make.npz()
    change(arrays)
    with pytest.raises(InputError, match=message):
        load_dataset(save(tmp_path / "d.npz", arrays, allow_pickle=True))


def test_npz_that_is_none(tmp_path, make):
    path = tmp_path / "d.npz"
    path.write_bytes(b"not a zip at all")
    with pytest.raises(InputError, match="not a zip file"):
        load_dataset(str(path))
    data = (tmp_path / "e.npz", save(tmp_path / "e.npz", make.npz()))[0].read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="not a zip file or a truncated one"):
        load_dataset(str(path))


def test_npz_whose_header_claims_too_much(tmp_path, make):
    path = tmp_path / "d.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (10**9, 10**6)}
    )
    with zipfile.ZipFile(path, "w") as archive:
        for key, array in make.npz().items():
            buffer = io.BytesIO()
            np.save(buffer, array)
            data = header.getvalue() + bytes(64) if key == "x_train" else buffer.getvalue()
            archive.writestr(f"{key}.npy", data)
    with pytest.raises(InputError, match="64 bytes of data; the shape"):
        load_dataset(str(path))


def test_npz_bomb(tmp_path, make, monkeypatch):
    arrays = make.npz() | {"x_train": np.zeros((12, 100_000), np.float32)}
    path = save(tmp_path / "d.npz", arrays)
    monkeypatch.setattr("pnet_tf.data.npz._RATIO_FLOOR_BYTES", 1 << 20)
    with pytest.raises(InputError, match="at most 200 times"):
        load_dataset(path)
    monkeypatch.setattr(limits, "MAX_TOTAL_BYTES", 1 << 20)
    with pytest.raises(InputError, match="more than the 1048576 bytes allowed"):
        load_dataset(path)
