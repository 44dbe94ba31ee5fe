"""Whatever bytes are damaged, a source either loads or ends in InputError."""

import gzip

import numpy as np
import pytest

from pnet_tf.data import encode_text, load_dataset, read_image
from pnet_tf.errors import InputError

TABLE = b"".join(b"label %d\tmessage %d\n" % (i % 3, i) for i in range(12))


def csv(root, make):
    (root / "t.csv").write_bytes(b'text,label\n' + b'"a, ""b""",x\nc d,y\n' * 3)
    return root / "t.csv", root / "t.csv"


def tsv_gz(root, make):
    (root / "t.tsv.gz").write_bytes(gzip.compress(TABLE))
    return root / "t.tsv.gz", root / "t.tsv.gz"


def tables(root, make):
    files = {"train.tsv": TABLE, "test.csv": TABLE.replace(b"\t", b",")}
    make.folder(root, files | {"replies.tsv": b"label 0\thello\nlabel 1\tbye\n"})
    return root, root / "replies.tsv"


def png(root, make):
    return make.folder(root, make.images()), root / "train/dog/1.png"


def jpeg(root, make):
    files = make.images(form="JPEG", mode="RGB", size=(9, 8))
    return make.folder(root, files), root / "train/cat/0.jpg"


def zipped(root, make):
    return make.zip(root / "d.zip", make.images()), root / "d.zip"


def tar(root, make):
    (root / "d.tar").write_bytes(make.tar(make.images()))
    return root / "d.tar", root / "d.tar"


def tgz(root, make):
    (root / "d.tgz").write_bytes(gzip.compress(make.tar(make.images())))
    return root / "d.tgz", root / "d.tgz"


def idx(root, make):
    return make.idx(root), root / "train-images-idx3-ubyte.gz"


def idx_unpacked(root, make):
    """Damage below gzip, whose checksum would otherwise catch all of it."""
    return make.idx(root), root / "train-images-idx3-ubyte.gz", gzip.decompress, gzip.compress


def tgz_unpacked(root, make):
    (root / "d.tgz").write_bytes(gzip.compress(make.tar(make.images())))
    return root / "d.tgz", root / "d.tgz", gzip.decompress, lambda data: gzip.compress(data, 1)


def npz(root, make):
    np.savez(root / "d.npz", **make.npz())
    return root / "d.npz", root / "d.npz"


def npz_compressed(root, make):
    np.savez_compressed(root / "d.npz", **make.npz())
    return root / "d.npz", root / "d.npz"


def damage(data, rng):
    """Flip a few bytes, cut, cut out, or insert noise."""
    data = bytearray(data)
    way = rng.integers(5)
    at = int(rng.integers(len(data)))
    if way <= 1:
        for place in rng.integers(len(data), size=rng.integers(1, 4)):
            data[place] = int(rng.choice([0, 255, data[place] ^ (1 << rng.integers(8))]))
    elif way == 2:
        del data[at:]
    elif way == 3:
        del data[at : at + int(rng.integers(1, 40))]
    else:
        data[at:at] = rng.bytes(int(rng.integers(1, 40)))
    return bytes(data)


SOURCES = [
    csv, tsv_gz, tables, png, jpeg, zipped, tar, tgz, tgz_unpacked, idx, idx_unpacked, npz,
    npz_compressed,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("source", SOURCES)
def test_damage_never_escapes(tmp_path, make, source):
    path, victim, *codec = source(tmp_path, make)
    unpack, pack = codec or (bytes, bytes)
    load_dataset(str(path))
    original, rng = unpack(victim.read_bytes()), np.random.default_rng(7)
    for _ in range(150):
        victim.write_bytes(pack(damage(original, rng)))
        try:
            found = load_dataset(str(path))
        except InputError as error:
            assert "\n" not in str(error)
            continue
        assert len(found.train.inputs) == len(found.train.targets) > 0
        if found.kind == "text":
            encode_text(found.train.inputs, 8)


@pytest.mark.filterwarnings("ignore")
def test_every_prefix_of_an_image(tmp_path, make):
    path, data = tmp_path / "i.png", make.image(1, mode="RGB")
    for end in range(len(data)):
        path.write_bytes(data[:end])
        try:
            assert read_image(path).shape == (3, 4, 3)
        except InputError:
            continue


@pytest.mark.parametrize("name", ["t.csv", "t.tsv.gz", "t.zip", "t.tar", "t.tgz", "t.npz"])
def test_random_bytes(tmp_path, name):
    rng = np.random.default_rng(1)
    for size in (1, 22, 512, 2048, 5000):
        (tmp_path / name).write_bytes(rng.bytes(size))
        with pytest.raises(InputError):
            load_dataset(str(tmp_path / name))
