"""Results of a building's stages on disk, from which it goes on after it was stopped.

They lie in a folder beside the one that is built, each in a folder of its own that appears whole or
not at all:

stages.json   digests of pairs, options and version; of each stage the size and digest of its files
lock          held by the process that builds
NAME/         files of a finished stage       NAME.new/     of one that was not finished
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Generic, TypeVar

from ..errors import InputError
from ..files import atomic_write_text, not_written, read_text
from ..parsing import parse, to_plain
from .lock import locked

INDEX, LOCK, OUT = "stages.json", "lock", "out"
NAMES = ("pairs", "inventory", "answered", "compared", "intents", "labels", "silence", "topics",
         "train", "valid", "test", "unlabelled", OUT)  # fmt: skip
"""Stages in their order; nothing else in the folder is ever deleted."""
_CHUNK_BYTES = 1 << 20
_MOST_INDEX_BYTES = 1 << 20
_T = TypeVar("_T")


@dataclass
class _Index:
    """`parts`: what the results depend on -> its digest. `done`: stage -> file -> size, digest."""

    parts: dict[str, str]
    done: dict[str, dict[str, tuple[int, str]]] = field(default_factory=dict)
    finished: bool = False


@dataclass(frozen=True)
class Form(Generic[_T]):
    """How a result becomes files of a folder, and is read from them (InputError for damage)."""

    save: Callable[[_T, Path], None]
    load: Callable[[Path], _T]


class Stages:
    """The results that are there, and a place for more; see `open_stages`."""

    def __init__(self, place: Path, index: _Index) -> None:
        self._place, self._index = place, index

    @property
    def done(self) -> tuple[str, ...]:
        """Finished stages."""
        return tuple(name for name in NAMES if name in self._index.done)

    def folder(self, name: str, write: Callable[[Path], None]) -> Path:
        """The folder of the stage `name`, one of NAMES; `write` fills it where it is not there.

        Raises WorkError where the disk is full.
        """
        place = self._place / name
        if name not in self._index.done:
            made = self._place / f"{name}.new"
            try:
                for old in (made, place):
                    shutil.rmtree(old, ignore_errors=True)
                made.mkdir()
                write(made)
                self._index.done[name] = _digests(made)
                made.rename(place)
            except OSError as error:
                self._index.done.pop(name, None)
                raise not_written(place, error) from None
            self._write()
        return place

    def again(self, name: str) -> None:
        """Forget a stage."""
        self._index.done.pop(name, None)

    def finish(self, target: Path) -> None:
        """Put the stage OUT in the place of `target`, which is an empty folder or none."""
        self._index.finished = True
        self._write()
        try:
            if target.is_dir():
                target.rmdir()  # not every system renames onto a folder
            (self._place / OUT).rename(target)
        except OSError as error:
            raise not_written(target, error) from None

    def _write(self) -> None:
        text = json.dumps(to_plain(self._index), indent=1) + "\n"
        atomic_write_text(self._place / INDEX, text)


def keep(stages: Stages | None, name: str, make: Callable[[], _T], form: Form[_T]) -> _T:
    """The result of the stage `name`, made where it is not there; None keeps nothing.

    It is read from its files each time, so that it is the same whether they were there or not.
    """
    if stages is None:
        return make()

    def write(place: Path) -> None:
        form.save(make(), place)

    with suppress(InputError):
        if name in stages.done:
            return form.load(stages.folder(name, write))
    stages.again(name)
    return form.load(stages.folder(name, write))


@contextmanager
def open_stages(
    place: Path, parts: Mapping[str, str], note: Callable[[str], None]
) -> Iterator[Stages]:
    """The stages in the folder `place`, which is made; `note` is told what is there to go on with.

    Results are taken that had the same `parts`, name -> digest, and whose files are whole. The
    folder goes where this ends well or in an InputError, and stays for another start otherwise.
    Raises InputError where another process has it and where it holds other things.
    """
    _check(place)
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise not_written(place, error) from None
    busy = (f"{place} is in use: another process is building this folder; wait for it, or give "
            "another folder")  # fmt: skip
    stays = True
    try:
        with locked(place / LOCK, busy):
            stages = Stages(place, _index(place, dict(parts), note))
            stages._write()
            try:
                yield stages
                stays = False
            except InputError:
                stays = False
                raise
            finally:
                if not stays:
                    _remove(place)
    finally:
        if not stays:
            _remove_lock(place)


def remove_finished(place: Path) -> None:
    """Remove the folder `place` of a building that was stopped after its last step."""
    index = _read(place / INDEX)
    if index is not None and index.finished and not (place / OUT).exists():
        with suppress(InputError), locked(place / LOCK, ""):
            _remove(place)
        _remove_lock(place)


def digest(texts: Iterable[str]) -> str:
    """BLAKE2 of texts, in hexadecimal."""
    found = blake2b(digest_size=16)
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        found.update(len(data).to_bytes(8, "big") + data)
    return found.hexdigest()


def _check(place: Path) -> None:
    """Raise InputError for a folder that is not one of stages."""
    if place.is_symlink() or place.exists() and not place.is_dir():
        raise InputError(f"{place} is in the way; move it, or give another folder")
    if place.is_dir() and not (place / INDEX).exists():
        allowed = {LOCK, *NAMES, *(f"{name}.new" for name in NAMES)}
        names = sorted(entry.name for entry in place.iterdir())
        if strange := [n for n in names if n not in allowed and not n.startswith(".pnet-tf.")]:
            raise InputError(
                f"{place} is in the way, it holds {strange[0]}; move it, or give another folder"
            )


def _index(place: Path, parts: dict[str, str], note: Callable[[str], None]) -> _Index:
    """What of the folder can be gone on with; the rest of it is deleted."""
    found = _read(place / INDEX)
    if found is None or found.parts != parts:
        if found is not None:
            names = sorted(name for name in parts if found.parts.get(name) != parts[name])
            which = " and ".join(names)
            note(f"{place.name}: other {which} than when it was stopped; starting anew")
        elif (place / INDEX).exists():
            note(f"{place.name}: {INDEX} is damaged; starting anew")
        _wipe(place)
        return _Index(parts)
    done = {}
    for name in (name for name in NAMES if name in found.done):
        if _whole(place / name, found.done[name]):
            done[name] = found.done[name]
        else:
            note(f"{place.name}: {name} is damaged, it is made again")
    if done:
        note(f"going on in {place.name}, where {', '.join(done)} are there")
    return _Index(parts, done)


def _read(path: Path) -> _Index | None:
    """The index, None where it is missing or damaged."""
    try:
        return parse(json.loads(read_text(path, _MOST_INDEX_BYTES)), _Index)
    except (ValueError, RecursionError):
        return None


def _whole(place: Path, files: dict[str, tuple[int, str]]) -> bool:
    """Whether a folder holds these files, as they were."""
    try:
        names = {entry.name for entry in place.iterdir()}
        sizes = all((place / name).stat().st_size == size for name, (size, _) in files.items())
        return sizes and names == set(files) and _digests(place) == files
    except OSError:
        return False


def _digests(place: Path) -> dict[str, tuple[int, str]]:
    """File of a folder -> size and BLAKE2."""
    found = {}
    for path in sorted(place.iterdir()):
        hashed, size = blake2b(digest_size=16), 0
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                hashed.update(chunk)
                size += len(chunk)
        found[path.name] = (size, hashed.hexdigest())
    return found


def _wipe(place: Path) -> None:
    for name in NAMES:
        for made in (name, f"{name}.new"):
            shutil.rmtree(place / made, ignore_errors=True)
    for left in (place / INDEX, *place.glob(".pnet-tf.*")):
        with suppress(OSError):
            left.unlink()


def _remove(place: Path) -> None:
    _wipe(place)
    _remove_lock(place)


def _remove_lock(place: Path) -> None:
    """Delete the lock and the folder: once more after it, for systems that keep what is in use."""
    with suppress(OSError):
        (place / LOCK).unlink()
    with suppress(OSError):
        place.rmdir()
