"""Small valid sources of every form, to read and to damage."""

import gzip
import io
import struct
import tarfile
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image


def image_bytes(value, size=(4, 3), mode="L", form="PNG"):
    width, height = size
    shape = (height, width) if mode == "L" else (height, width, 3)
    buffer = io.BytesIO()
    image = Image.fromarray(np.full(shape, value, np.uint8))
    (image if mode in ("L", "RGB") else image.convert(mode)).save(buffer, form)
    return buffer.getvalue()


def image_files(splits=("train", "test"), **options):
    """{name: bytes}: two classes of three images; class number * 100 + image number as pixels."""
    ending = "jpg" if options.get("form") == "JPEG" else "png"
    return {
        f"{split}/{name}/{i}.{ending}": image_bytes(100 * k + i, **options)
        for split in splits
        for k, name in enumerate(("cat", "dog"))
        for i in range(3)
    }


def write_folder(root, files):
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def write_zip(path, files, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tar_bytes(files, extra=()):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in extra:
            archive.addfile(info)
    return buffer.getvalue()


def write_idx(root, train=12, test=4):
    root.mkdir(exist_ok=True)
    for prefix, count in (("train", train), ("t10k", test)):
        pixels = np.arange(count * 6, dtype=np.uint8).tobytes()
        labels = (np.arange(count, dtype=np.uint8) % 3).tobytes()
        images = gzip.compress(struct.pack(">4I", 0x803, count, 2, 3) + pixels)
        (root / f"{prefix}-images-idx3-ubyte.gz").write_bytes(images)
        data = gzip.compress(struct.pack(">2I", 0x801, count) + labels)
        (root / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(data)
    return root


def npz_arrays(rows=12):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(rows, 3)).astype(np.float32), np.arange(rows) % 3
    return {"x_train": x, "y_train": y, "x_test": x[:4], "y_test": y[:4]}


@pytest.fixture
def make():
    return SimpleNamespace(
        image=image_bytes,
        images=image_files,
        folder=write_folder,
        zip=write_zip,
        tar=tar_bytes,
        idx=write_idx,
        npz=npz_arrays,
    )
