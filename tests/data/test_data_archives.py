"""Archives member by member: what the standard library reads, and what it would let pass."""

import gzip
import io
import tarfile

import pytest

from pnet_tf.data import limits
from pnet_tf.data.archives import archive_members
from pnet_tf.errors import InputError

FILES = {f"train/cat/{i}.png": bytes([i]) * (300 * i) for i in range(6)}


def tar(files, form=tarfile.PAX_FORMAT):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def read(path, data):
    path.write_bytes(gzip.compress(data) if path.suffix == ".tgz" else data)
    return {member.name: member.read() for member in archive_members(path)}


def with_size(block, size):
    """A tar header that claims `size`, in base 256 as negative numbers need, with its checksum."""
    header = bytearray(block)
    mark = b"\xff" if size < 0 else b"\x80"
    header[124:136] = mark + size.to_bytes(11, "big", signed=True)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


@pytest.mark.parametrize("name", ["d.tar", "d.tgz"])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_every_file_with_names_of_any_length(tmp_path, name, form):
    files = FILES | {f"train/dog/{'n' * 150}é.png": b"x" * 20_000, "last": b""}
    assert read(tmp_path / name, tar(files, form)) == files


def test_members_that_are_not_read_are_skipped(tmp_path):
    (tmp_path / "d.tar").write_bytes(tar(FILES))
    found = [m.read() for m in archive_members(tmp_path / "d.tar") if m.name.endswith("5.png")]
    assert found == [FILES["train/cat/5.png"]]


@pytest.mark.parametrize("name", ["d.tar", "d.tgz"])
def test_cut_anywhere(tmp_path, name):
    data = tar(FILES)
    end = data.rstrip(b"\0")
    whole = len(end) + -len(end) % 512
    for cut in range(1, whole + 511, 97):
        with pytest.raises(InputError, match=r"damaged or (truncated|not)|truncated within"):
            read(tmp_path / name, data[:cut])
    assert read(tmp_path / name, data[: whole + 512]) == FILES


def test_the_checksum_behind_the_end_of_a_tgz(tmp_path):
    path = tmp_path / "d.tgz"
    data = bytearray(gzip.compress(tar(FILES) + bytes(100_000)))
    data[-6] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged or not readable .CRC check failed"):
        [member.read() for member in archive_members(path)]


@pytest.mark.parametrize("size", [-512, -1024, -1, 65 << 20])
@pytest.mark.parametrize("at", [0, 512])
def test_sizes_that_cannot_be(tmp_path, size, at):
    data = tar({"train/cat/0.png": b"", "train/cat/1.png": b""})
    data = data[:at] + with_size(data[at : at + 512], size) + data[at + 512 :]
    # newer Pythons refuse a negative size themselves, and take it for the end of the archive
    with pytest.raises(InputError, match=rf"has {size} bytes; allowed|damaged or (truncated|not)"):
        read(tmp_path / "d.tar", data)


def test_a_name_that_is_too_long_to_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_MEMBER_BYTES", 100)
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        for files in ({"n" * 150: b""}, {"first": b"", "n" * 150: b""}):
            with pytest.raises(InputError, match="damaged or not readable .a name of 1.. bytes"):
                read(tmp_path / "d.tar", tar(files, form))


def test_a_name_without_a_file(tmp_path):
    with pytest.raises(InputError, match="damaged or not readable"):
        read(tmp_path / "d.tar", tar({"n" * 150: b""}, tarfile.GNU_FORMAT)[:1024] + bytes(1024))


def test_folders_count_as_members(tmp_path, monkeypatch):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for i in range(4):
            info = tarfile.TarInfo(f"train/{i}")
            info.type = tarfile.DIRTYPE
            archive.addfile(info)
    assert read(tmp_path / "d.tar", buffer.getvalue()) == {}
    monkeypatch.setattr(limits, "MAX_MEMBERS", 3)
    with pytest.raises(InputError, match="more than the 3 files allowed"):
        read(tmp_path / "d.tar", buffer.getvalue())


def test_too_many_files_in_a_zip(tmp_path, make, monkeypatch):
    make.zip(tmp_path / "d.zip", FILES)
    monkeypatch.setattr(limits, "MAX_MEMBERS", 5)
    with pytest.raises(InputError, match="more than the 5 files allowed"):
        list(archive_members(tmp_path / "d.zip"))


def test_a_name_twice_in_a_tar(tmp_path):
    data = tar(FILES)
    one = tar({"./train//cat/0.png": b"other"})
    with pytest.raises(InputError, match="'train/cat/0.png' is in it twice; allowed: once"):
        read(tmp_path / "d.tar", data[: len(data.rstrip(b"\0")) + 511 & ~511] + one)


def test_a_sparse_file_and_one_of_an_unknown_type(tmp_path):
    for kind in (tarfile.GNUTYPE_SPARSE, tarfile.CHRTYPE, tarfile.BLKTYPE):
        info = tarfile.TarInfo("train/cat/9.png")
        info.type = kind
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            archive.addfile(info)
        with pytest.raises(InputError, match="is a link or device; allowed: plain files"):
            read(tmp_path / "d.tar", buffer.getvalue())
