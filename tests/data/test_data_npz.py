"""The one reader of .npz and .npy."""

import io
import os
import zipfile

import numpy as np
import pytest

from pnet_tf.data import InputSpec, limits, load_split, npz
from pnet_tf.data.npz import open_npz, parse_npy, read_npy, read_npz_arrays
from pnet_tf.errors import InputError


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def header(descr, shape, fortran=False):
    buffer = io.BytesIO()
    fields = {"descr": descr, "fortran_order": fortran, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, fields)
    return buffer.getvalue()


def archive(path, members, **options):
    with zipfile.ZipFile(path, "w", **options) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_all_arrays_by_name(tmp_path):
    arrays = {
        "a00001": np.array(3.5, np.float32),
        "a00000": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "extra": np.frombuffer(b'{"epoch": 3}', np.uint8),
        "none": np.zeros((0, 3)),
        "big": np.array([1, 2], ">i4"),
        "text": np.array(["x", "yy"]),
    }
    found = read_npz_arrays(save(tmp_path / "d.npz", **arrays))
    assert list(found) == ["a00000", "a00001", "big", "extra", "none", "text"]
    for name, array in arrays.items():
        assert (found[name].shape, found[name].dtype) == (array.shape, array.dtype)
        assert found[name].tolist() == array.tolist()
    assert found["a00001"].shape == ()


def test_arrays_are_writable(tmp_path):
    found = read_npz_arrays(save(tmp_path / "d.npz", a=np.zeros(3)))["a"]
    found[1] = 5
    assert found.tolist() == [0, 5, 0]


def test_keys_and_optional_ones(tmp_path):
    path = save(tmp_path / "d.npz", logits=np.ones((2, 3)), data_sha256=np.array("ab"), z=[1])
    assert list(read_npz_arrays(path, ["logits"])) == ["logits"]
    found = read_npz_arrays(path, ["logits"], optional=["data_sha256", "gone", "logits"])
    assert list(found) == ["logits", "data_sha256"]
    assert str(found["data_sha256"]) == "ab"
    with pytest.raises(InputError, match="d.npz: no array gone; found data_sha256, logits, z"):
        read_npz_arrays(path, ["gone"])


def test_opened_once(tmp_path):
    with open_npz(save(tmp_path / "d.npz", b=[1], a=[2])) as file:
        assert file.names == ("a", "b")
        assert file.read(["b"])["b"].tolist() == [1]


def test_size_limit(tmp_path):
    path = save(tmp_path / "d.npz", a=np.zeros(100), b=np.zeros(100))
    size = len(npy(np.zeros(100)))
    assert len(read_npz_arrays(path, ["a"], most_bytes=size)) == 1
    message = f"a and b take {2 * size} bytes; more than the {2 * size - 1} bytes allowed"
    with pytest.raises(InputError, match=message):
        read_npz_arrays(path, most_bytes=2 * size - 1)


def test_ratio_limit(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "d.npz", a=np.zeros(1 << 20))
    assert read_npz_arrays(tmp_path / "d.npz")["a"].shape == (1 << 20,)
    monkeypatch.setattr(npz, "_RATIO_FLOOR_BYTES", 1 << 20)
    with pytest.raises(InputError, match="d.npz: a: .* allowed: at most 200 times the size"):
        read_npz_arrays(tmp_path / "d.npz")
    np.savez(tmp_path / "d.npz", a=np.zeros(1 << 20))  # what is not packed is no bomb
    assert len(read_npz_arrays(tmp_path / "d.npz")) == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "damaged or not readable"),
        (b"not an array at all", "damaged or not readable"),
        (npy(np.arange(9))[:-1], "71 bytes of data; the shape .* needs 72"),
        (npy(np.arange(9)) + b"x", "73 bytes of data; the shape .* needs 72"),
        (header("<f4", (10**9, 10**9)) + bytes(8), "8 bytes of data; the shape"),
        (header("<f4", (-2, -1)) + bytes(8), "8 bytes of data; the shape"),
        (header("<U0", (10**15,)), "damaged or not readable"),
        (header("|O", (1,)) + b"cos\nsystem\n", "holds Python objects"),
        (b"\x93NUMPY\x03\x00" + bytes(80), r"\.npy version 3\.0; allowed: 1\.0 and 2\.0"),
        (b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535, "damaged or not readable"),
    ],
)
def test_damage_in_both_containers(tmp_path, data, message):
    (tmp_path / "d.npy").write_bytes(data)
    with pytest.raises(InputError, match=f"d.npy: {message}"):
        read_npy(tmp_path / "d.npy")
    with pytest.raises(InputError, match=f"d.npz: a: {message}"):
        read_npz_arrays(archive(tmp_path / "d.npz", {"a.npy": data}))


def test_pickles_are_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    np.save(tmp_path / "d.npy", np.array([Trap()]), allow_pickle=True)
    np.savez(tmp_path / "d.npz", allow_pickle=True, a=np.array([Trap()]))
    for read, name in ((read_npy, "d.npy"), (read_npz_arrays, "d.npz")):
        with pytest.raises(InputError, match="Python objects"):
            read(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_files_that_are_no_npz(tmp_path):
    path = tmp_path / "d.npz"
    with pytest.raises(InputError, match="d.npz: no such file"):
        read_npz_arrays(path)
    for read in (read_npz_arrays, read_npy):
        with pytest.raises(InputError, match="not a plain file"):
            read(tmp_path)
    path.write_bytes(npy(np.zeros(3)))
    with pytest.raises(InputError, match="not a zip file or a truncated one; needed: an .npz"):
        read_npz_arrays(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.npy", npy(np.zeros(3)))
        file.writestr("a.npy", npy(np.ones(3)))
    with pytest.raises(InputError, match="d.npz: a is in it twice; allowed: once"):
        read_npz_arrays(path)
    archive(path, {"a.txt": b"hi", "a\n": b""})
    assert read_npz_arrays(path) == {}
    with pytest.raises(InputError, match=r"no array a; found 'a\\n', a.txt"):
        read_npz_arrays(path, ["a"])


def test_a_pipe_or_device_is_refused_at_once(tmp_path):
    for name, place in (("p", os.mkfifo), ("z", lambda path: path.symlink_to("/dev/zero"))):
        place(tmp_path / name)
        for read in (read_npz_arrays, read_npy):
            with pytest.raises(InputError, match="not a plain file; allowed: plain files"):
                read(tmp_path / name)


def test_every_flipped_byte(tmp_path):
    path, rng = save(tmp_path / "d.npz", a=np.arange(6), b=np.array(1)), np.random.default_rng(0)
    whole = path.read_bytes()
    for _ in range(300):
        data = bytearray(whole)
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        path.write_bytes(data)
        try:
            found = read_npz_arrays(path)
        except InputError as error:
            assert "\n" not in str(error)
            continue
        assert all(array.size <= 6 for array in found.values())


def test_lone_array(tmp_path, monkeypatch):
    path = tmp_path / "d.npy"
    np.save(path, np.asfortranarray(np.arange(6).reshape(2, 3)))
    found = read_npy(path)
    assert (found.tolist(), found.flags.writeable) == ([[0, 1, 2], [3, 4, 5]], True)
    assert read_npy(path, most_bytes=path.stat().st_size).shape == (2, 3)
    with pytest.raises(InputError, match="more than the 99 bytes allowed"):
        read_npy(path, most_bytes=99)
    monkeypatch.setattr(limits, "MAX_TOTAL_BYTES", 98)
    with pytest.raises(InputError, match="more than the 98 bytes allowed"):
        read_npy(path)
    assert parse_npy(npy(np.array(7)), "t").item() == 7


def test_features_of_a_model_come_from_npy(tmp_path):
    np.save(tmp_path / "row.npy", np.array([1.5, 2.5]))
    spec = InputSpec("dense", (2,))
    assert spec.encode([tmp_path / "row.npy"]).array.tolist() == [[1.5, 2.5]]
    os.mkfifo(tmp_path / "p.npy")
    with pytest.raises(InputError, match="p.npy: not a plain file"):
        spec.encode([tmp_path / "p.npy"])


def test_no_validation_split_in_the_file(tmp_path, make):
    path = save(tmp_path / "d.npz", **make.npz())
    call = {"labels": ["0", "1"], "spec": InputSpec("dense", (3,)), "task": "classification"}
    with pytest.raises(InputError, match="d.npz: has no valid split"):
        load_split(path, "valid", **call)
