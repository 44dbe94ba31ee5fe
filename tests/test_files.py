"""Files appear whole or not at all, take the place of nothing but plain files, and never hang."""

import errno
import os
from pathlib import Path

import pytest

from pnet_tf import files
from pnet_tf.errors import InputError, WorkError


def test_a_file_appears_whole_and_takes_the_place_of_the_old_one(tmp_path):
    target = tmp_path / "a.txt"
    files.atomic_write_text(target, "one ä")
    files.atomic_write_text(target, "two \ud800")
    assert target.read_bytes() == b"two ?"
    assert target.stat().st_mode & 0o777 == 0o666 & ~files.umask()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_link_is_followed_and_stays(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    files.atomic_write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "new"


def test_what_is_no_plain_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to("/dev/null")
    for name in ("pipe", "null", ".", "no/such", "x" * 300, "a\0b"):
        with pytest.raises(InputError):
            files.atomic_write_bytes(tmp_path / name, b"x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["null", "pipe"]
    with pytest.raises(InputError, match="cannot be written"):
        files.check_writable("/proc/x.json")
    files.check_writable(tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("code", "kind"), [(errno.ENOSPC, WorkError), (errno.EACCES, InputError)])
def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch, code, kind):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def full(handle):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(kind, match=f"a.txt cannot be written: {os.strerror(code)}"):
        files.atomic_write_text(target, "new")
    assert target.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


def test_reading_is_bounded(tmp_path):
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfabc")
    assert files.read_text(tmp_path / "a") == "abc"
    assert files.read_bytes(tmp_path / "a", 6) == b"\xef\xbb\xbfabc"
    with pytest.raises(InputError, match="more than the 5 bytes"):
        files.read_bytes(tmp_path / "a", 5)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name, words in (("pipe", "no plain file"), ("zero", "no plain file"), (".", "plain"),
                        ("none", "does not exist"), ("x" * 300, "cannot be read")):  # fmt: skip
        with pytest.raises(InputError, match=words):
            files.read_bytes(tmp_path / name, 5)
    (tmp_path / "latin").write_bytes(b"\xe9")
    with pytest.raises(InputError, match="not UTF-8"):
        files.read_text(tmp_path / "latin")


def test_what_can_be_no_path_is_no_folder(tmp_path):
    assert files.is_folder(tmp_path)
    assert not any(map(files.is_folder, (Path("x" * 300), "a\0b", tmp_path / "no")))
