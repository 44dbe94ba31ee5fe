"""Pinned npm packages: from the cache, checked, or a sentence."""

import re
import stat

import pytest

from pnet_tf.errors import InputError, WorkError
from pnet_tf.page.packages import CHART, LITERT, package_folder, read_package


def test_names_are_those_of_npm_pack():
    assert LITERT.file_name == f"litertjs-core-{LITERT.version}.tgz"
    assert CHART.spec == f"chart.js@{CHART.version}"


def test_files_of_a_package_in_the_cache(stand_in):
    wasm, library = read_package(
        stand_in, ("wasm/litert_wasm_compat_internal.wasm", "dist/index.js")
    )
    assert wasm == b"wasm"
    assert library.startswith(b"import")


def test_a_package_that_is_not_the_pinned_one_is_refused(stand_in):
    path = package_folder() / stand_in.file_name
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(InputError, match=f"is not {stand_in.spec}: its SHA-256 is .*delete it"):
        read_package(stand_in, ("dist/index.js",))


def test_without_npm_it_says_what_to_put_where(tmp_path, monkeypatch):
    monkeypatch.setenv("PNET_TF_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    asked = f"npm pack {LITERT.spec}` where npm works and put {LITERT.file_name} into {tmp_path}"
    with pytest.raises(InputError, match=re.escape(asked)):
        read_package(LITERT, ("dist/index.js",))


def _npm(tmp_path, monkeypatch, script):
    """A program called npm that does what `script` says."""
    folder = tmp_path / "bin"
    folder.mkdir()
    npm = folder / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


def test_npm_brings_it_once(stand_in, tmp_path, monkeypatch):
    cached = package_folder() / stand_in.file_name
    away = tmp_path / "away.tgz"
    cached.rename(away)
    log = tmp_path / "log"
    _npm(tmp_path, monkeypatch, f'echo "$1 $2" >> {log}; cp {away} "$5/{stand_in.file_name}"')
    for _ in range(2):
        assert read_package(stand_in, ("dist/index.js",))
    assert log.read_text() == f"pack {stand_in.spec}\n"
    assert cached.read_bytes() == away.read_bytes()


@pytest.mark.parametrize(
    ("script", "error", "said"),
    [
        ("echo no route >&2; exit 1", WorkError, "npm pack failed: no route"),
        ("exit 0", WorkError, "npm pack failed: exit code 0"),
    ],
    ids=["fails", "brings nothing"],
)
def test_npm_that_fails_is_told(tmp_path, monkeypatch, script, error, said):
    monkeypatch.setenv("PNET_TF_CACHE", str(tmp_path / "cache"))
    _npm(tmp_path, monkeypatch, script)
    with pytest.raises(error, match=said):
        read_package(LITERT, ("dist/index.js",))


def test_npm_that_brings_another_file_leaves_nothing(stand_in, tmp_path, monkeypatch):
    (package_folder() / stand_in.file_name).unlink()
    _npm(tmp_path, monkeypatch, f'echo other > "$5/{stand_in.file_name}"')
    with pytest.raises(InputError, match="what npm brought for"):
        read_package(stand_in, ("dist/index.js",))
    assert not list(package_folder().iterdir())
