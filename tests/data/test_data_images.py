import gzip
import io
import stat
import struct
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from pnet_tf.data import InputSpec, images, limits, load_dataset, load_split, read_image
from pnet_tf.errors import InputError

CALL = {"labels": ["cat", "dog"], "task": "classification"}
SPEC = InputSpec("image", (3, 4, 1))


def write(path, make, files):
    """`files` in the form that the ending of `path` says."""
    if path.suffix == ".zip":
        return make.zip(path, files)
    if not path.suffix:
        return make.folder(path, files)
    data = make.tar(files)
    path.write_bytes(data if path.suffix == ".tar" else gzip.compress(data))
    return path


@pytest.mark.parametrize("name", ["d", "d.zip", "d.tar", "d.tar.gz", "d.tgz"])
@pytest.mark.parametrize("batch", [512, 2])
def test_every_container(tmp_path, make, name, batch, monkeypatch):
    monkeypatch.setattr(images, "_BATCH", batch)
    files = dict(reversed(make.images().items())) | {"train/cat/Thumbs.db": b"?", "notes.txt": b""}
    found = load_dataset(str(write(tmp_path / name, make, files)))
    assert (found.name, found.kind, found.labels) == ("d", "image", ("cat", "dog"))
    assert found.input_shape == (3, 4, 1)
    assert found.train.inputs.dtype == np.uint8
    assert (len(found.train.targets), len(found.valid.targets)) == (5, 1)
    assert found.test.inputs[:, 0, 0, 0].tolist() == [0, 1, 2, 100, 101, 102]
    assert found.test.targets.tolist() == [0, 0, 0, 1, 1, 1]
    for split in (found.train, found.valid):
        assert (split.inputs[:, 0, 0, 0] // 100).tolist() == split.targets.tolist()


@pytest.mark.parametrize("name", ["d.zip", "d.tar"])
def test_one_top_folder_and_own_valid(tmp_path, make, name):
    files = {f"./top/{n}": d for n, d in make.images(("train", "val"), mode="RGB").items()}
    files["__MACOSX/train/cat/._0.png"] = b"junk"
    found = load_dataset(str(write(tmp_path / name, make, files)))
    assert (found.input_shape, found.test) == ((3, 4, 3), None)
    assert (len(found.train.targets), len(found.valid.targets)) == (6, 6)


def test_load_split_decodes_only_what_is_asked(tmp_path, make):
    files = make.images() | {"train/cat/0.png": b"broken"}
    path = str(write(tmp_path / "d", make, files))
    found = load_split(path, "test", spec=SPEC, **CALL)
    assert found.targets.tolist() == [0, 0, 0, 1, 1, 1]
    with pytest.raises(InputError, match="train/cat/0.png"):
        load_split(path, "train", spec=SPEC, **CALL)
    with pytest.raises(InputError, match="has no valid split"):
        load_split(path, "valid", spec=SPEC, **CALL)
    with pytest.raises(InputError, match=r"shape \[3, 4, 1\]; allowed for this model: \[8, 8, 1\]"):
        load_split(path, "test", spec=InputSpec("image", (8, 8, 1)), **CALL)
    with pytest.raises(InputError, match="holds image inputs; allowed for this model: text"):
        load_split(path, "test", spec=InputSpec("text", (8,)), **CALL)


def test_read_image(tmp_path, make):
    path = tmp_path / "i.png"
    path.write_bytes(make.image(7, mode="RGB"))
    assert read_image(path).tolist() == np.full((3, 4, 3), 7).tolist()
    path.write_bytes(make.image(255, mode="1"))
    assert read_image(path).tolist() == np.full((3, 4, 1), 255).tolist()
    with pytest.raises(InputError, match="no such file"):
        read_image(tmp_path / "gone.png")


def other_format():
    buffer = io.BytesIO()
    Image.new("L", (4, 3)).save(buffer, "GIF")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train/cat/1.png", lambda m: m.image(1)[:50], "1.png: the image is truncated"),
        ("train/cat/1.png", lambda m: m.image(1)[:-8], "1.png: the image is truncated"),
        ("train/c\nt/1.png", lambda m: m.image(1), r"'train/c\\nt/1.png'; allowed: printable"),
        ("train/cat/1.png", lambda m: b"", "1.png: not an image or a damaged"),
        ("train/cat/1.png", lambda m: other_format(), "1.png: not an image"),
        ("train/cat/1.png", lambda m: m.image(1, size=(5, 3)), "is 5 x 3 grey; allowed: 4 x 3 gr"),
        ("train/cat/1.png", lambda m: m.image(1, mode="RGB"), "is 4 x 3 RGB; allowed: 4 x 3 grey"),
        ("train/cat/1.png", lambda m: m.image(1, mode="P"), "mode P; allowed: 1, L"),
        ("train/cat/1.png", lambda m: m.image(1, mode="RGBA"), "mode RGBA; allowed: 1, L"),
        ("train/x.png", lambda m: m.image(1), "found 'train/x.png'; allowed: train/<class>"),
        ("train/a/b/x.png", lambda m: m.image(1), "train/a/b/x.png'; allowed: train/<class>"),
        ("val/cat/0.png", lambda m: m.image(1), None),
    ],
)
def test_refuses_in_every_container(tmp_path, make, name, content, message):
    files = make.images() | {name: content(make)}
    for container in ("d", "d.zip", "d.tar.gz"):
        path = str(write(tmp_path / container, make, files))
        if message is None:
            assert len(load_dataset(path).valid.targets) == 1
            continue
        with pytest.raises(InputError, match=message):
            load_dataset(path)


def test_truncated_jpeg(tmp_path, make):
    files = make.images(form="JPEG", size=(16, 16))
    files["test/dog/2.jpg"] = files["test/dog/2.jpg"][:-20]
    with pytest.raises(InputError, match="test/dog/2.jpg.*damaged or not readable"):
        load_dataset(str(write(tmp_path / "d", make, files)))


def test_two_folders_for_one_split(tmp_path, make):
    path = write(tmp_path / "d", make, make.images(("train", "val", "dev")))
    with pytest.raises(InputError, match="hold valid; allowed: one"):
        load_dataset(str(path))


@pytest.mark.parametrize("name", ["d.zip", "d.tar", "d.tgz"])
def test_archive_without_images(tmp_path, make, name):
    with pytest.raises(InputError, match="no image found"):
        load_dataset(str(write(tmp_path / name, make, {"train/cat/a.txt": b"hi"})))


@pytest.mark.parametrize("name", ["d.zip", "d.tar", "d.tgz"])
@pytest.mark.parametrize("bad", ["../train/cat/9.png", "train/../../9.png", "/etc/9.png", "C:/9"])
def test_names_that_leave_the_archive(tmp_path, make, name, bad):
    path = write(tmp_path / name, make, make.images() | {bad: make.image(1)})
    with pytest.raises(InputError, match="leaves the archive"):
        load_dataset(str(path))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_tar_with_a_link(tmp_path, make, kind):
    info = tarfile.TarInfo("train/cat/9.png")
    info.type, info.linkname = kind, "/etc/passwd"
    (tmp_path / "d.tar").write_bytes(make.tar(make.images(), [info]))
    with pytest.raises(InputError, match="link or device"):
        load_dataset(str(tmp_path / "d.tar"))


def test_zip_with_a_link(tmp_path, make):
    path = make.zip(tmp_path / "d.zip", make.images())
    info = zipfile.ZipInfo("train/cat/9.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(InputError, match="is a link"):
        load_dataset(str(path))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_name_twice(tmp_path, make):
    path = make.zip(tmp_path / "d.zip", make.images())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("train/cat/0.png", make.image(1))
    with pytest.raises(InputError, match="in it twice"):
        load_dataset(str(path))


@pytest.mark.parametrize("name", ["d.zip", "d.tar.gz"])
def test_bomb_by_ratio(tmp_path, make, name):
    files = make.images() | {"train/cat/9.png": bytes(8 << 20)}
    with pytest.raises(InputError, match="at most 200 times"):
        load_dataset(str(write(tmp_path / name, make, files)))


@pytest.mark.parametrize("name", ["d", "d.zip", "d.tar"])
@pytest.mark.parametrize("limit", ["MAX_MEMBER_BYTES", "MAX_TOTAL_BYTES"])
def test_size_limits(tmp_path, make, name, limit, monkeypatch):
    path = write(tmp_path / name, make, make.images())
    monkeypatch.setattr(limits, limit, 50)
    with pytest.raises(InputError, match="bytes allowed|allowed: 50 or fewer"):
        load_dataset(str(path))


def test_zip_that_understates_a_size(tmp_path, make):
    path = make.zip(tmp_path / "d.zip", {"train/cat/0.png": make.image(0) * 50})
    data, size = path.read_bytes(), struct.pack("<I", len(make.image(0) * 50))
    path.write_bytes(data.replace(size, struct.pack("<I", 80)))
    with pytest.raises(InputError, match="damaged or not readable"):
        load_dataset(str(path))


def test_pixel_limit(tmp_path, make, monkeypatch):
    monkeypatch.setattr(limits, "MAX_PIXELS", 11)
    with pytest.raises(InputError, match="4 x 3 pixels; allowed: 11 or fewer"):
        load_dataset(str(write(tmp_path / "d", make, make.images())))


def test_tar_cut_between_members_or_damaged_within(tmp_path, make):
    data = make.tar(make.images())
    (tmp_path / "cut.tar").write_bytes(data[:4096])
    with pytest.raises(InputError, match="end mark of a tar is missing"):
        load_dataset(str(tmp_path / "cut.tar"))
    broken = bytearray(data)
    broken[4096 + 150] ^= 1  # checksum of a header in the middle
    (tmp_path / "broken.tar").write_bytes(broken)
    with pytest.raises(InputError, match="end mark of a tar is missing"):
        load_dataset(str(tmp_path / "broken.tar"))


def test_regression_is_refused(tmp_path, make):
    with pytest.raises(InputError, match="holds classes; allowed for regression"):
        load_dataset(str(write(tmp_path / "d", make, make.images())), task="regression")
