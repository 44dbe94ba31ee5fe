"""npm packages that pages hold, by a pinned version and SHA-256, kept in the user's cache."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ..errors import InputError, WorkError
from ..files import atomic_write_bytes, cache_folder, not_written, read_bytes

_MOST_BYTES = 64 * 2**20
_MOST_SECONDS = 600


@dataclass(frozen=True)
class Package:
    """An npm package as `npm pack` stores it; `sha256` is that of the .tgz."""

    name: str
    version: str
    sha256: str
    license: str

    @property
    def spec(self) -> str:
        """What npm calls it."""
        return f"{self.name}@{self.version}"

    @property
    def file_name(self) -> str:
        """What `npm pack` calls its file."""
        return f"{self.name.lstrip('@').replace('/', '-')}-{self.version}.tgz"


LITERT = Package(
    "@litertjs/core",
    "2.5.3",
    "a97660833e9e7e1063c95e12016718881240b14f7438728a2f62785e912d30fd",
    "Apache-2.0",
)
CHART = Package(
    "chart.js",
    "4.5.1",
    "f540d98468457ac7a0aabb32006dfb066297e096c5ea063a5d80aa973d1c337a",
    "MIT",
)


def package_folder() -> Path:
    """Where the .tgz files are kept: `npm` in the folder of caches."""
    return cache_folder() / "npm"


def read_package(package: Package, members: Sequence[str]) -> list[bytes]:
    """Content of files of `package`, which npm brings once and the cache has from then on.

    Raises InputError where it is in neither, and for a file that is not the pinned one.
    """
    path = package_folder() / package.file_name
    if not path.is_file():
        _bring(package, path)
    content = read_bytes(path, _MOST_BYTES)
    _check(package, content, str(path))
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        streams = [archive.extractfile(f"package/{name}") for name in members]
        return [stream.read() for stream in streams if stream is not None]


def _check(package: Package, content: bytes, name: str) -> None:
    found = sha256(content).hexdigest()
    if found != package.sha256:
        raise InputError(
            f"{name} is not {package.spec}: its SHA-256 is {found[:12]}..., "
            f"not {package.sha256[:12]}...; delete it"
        )


def _bring(package: Package, target: Path) -> None:
    """`npm pack` into the cache, checked before it gets its name."""
    npm = shutil.which("npm")
    if npm is None:
        raise InputError(_missing(package, target, "there is no npm to bring it"))
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", package.spec, "--silent", "--pack-destination", folder]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=_MOST_SECONDS,
                env={**os.environ, "NO_COLOR": "1"},
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise WorkError(_missing(package, target, f"npm failed: {error}")) from None
        found = Path(folder) / package.file_name
        if done.returncode or not found.is_file():
            lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            raise WorkError(_missing(package, target, f"npm pack failed: {lines[0][:200]}"))
        content = found.read_bytes()
    _check(package, content, f"what npm brought for {package.spec}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(target.parent, error) from None
    atomic_write_bytes(target, content)


def _missing(package: Package, target: Path, why: str) -> str:
    return (
        f"{package.spec} is needed and {why}; run `npm pack {package.spec}` where npm works "
        f"and put {package.file_name} into {target.parent}"
    )
