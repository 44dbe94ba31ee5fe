"""Which reader the DATA argument needs, and what it finds."""

import os
from collections.abc import Collection
from pathlib import Path

from ..errors import InputError
from ..names import DATA_FORMATS
from .builtin import BUILTIN_NAMES, read_builtin
from .formats import Format
from .limits import reading
from .types import Source


def read_named(source: str, wanted: Collection[str], task: str | None) -> Source:
    """The splits among `wanted` of a built-in name or of a path in any of the formats.

    Raises InputError for what no format matches, and for another task than the source allows.
    """
    if source in BUILTIN_NAMES:
        found = read_builtin(source, wanted)
    else:
        formats = _formats()
        with reading(source):
            path = Path(source)
            found = _matching(path, formats).read(path, wanted, task)
    if task and found.task != task:
        raise InputError(f"{source}: holds classes; allowed for {task}: tables and .npz files")
    return found


def describe_formats() -> list[str]:
    """One line for each form of DATA, built-in names first; imports none of what readers need."""
    lines = [f"built-in name: {' or '.join(BUILTIN_NAMES)}"]
    return lines + [f"{form.title}: {form.describes}" for form in _formats()]


def source_text(source: str | os.PathLike[str]) -> str:
    """`source` as text; InputError for what is neither a name nor a path."""
    text = os.fspath(source) if isinstance(source, str | os.PathLike) else source
    if not isinstance(text, str):
        raise InputError(f"data must be a name or a path, got {type(source).__name__}")
    return text


def source_name(source: str) -> str:
    """Built-in name, or the last part of the path without its ending."""
    name = Path(source).resolve().name
    endings = _endings(_formats())
    ending = max((e for e in endings if name.lower().endswith(e)), key=len, default="")
    return name[: len(name) - len(ending)] or name


def _formats() -> list[Format]:
    return [DATA_FORMATS.get(name) for name in DATA_FORMATS.names()]


def _endings(formats: list[Format]) -> tuple[str, ...]:
    return tuple(ending for form in formats for ending in form.endings)


def _matching(path: Path, formats: list[Format]) -> Format:
    """The first format that `path` has; InputError for none, and for an empty file."""
    if not path.is_dir() and not path.is_file():
        state = "is neither a file nor a folder" if path.exists() else "no such file or folder"
        raise InputError(f"{path}: {state}; built-in names are {', '.join(BUILTIN_NAMES)}")
    found = next((form for form in formats if form.matches(path)), None)
    if found is None:
        raise InputError(_unknown(path, formats))
    if path.is_file() and not path.stat().st_size:
        raise InputError(f"{path}: the file is empty (0 bytes); needed: data")
    return found


def _unknown(path: Path, formats: list[Format]) -> str:
    if path.is_file():
        return f"{path}: unknown ending; allowed: {', '.join(_endings(formats))}, or a folder"
    names = sorted(entry.name for entry in path.iterdir())[:8]
    listed = ", ".join(names) or "nothing"
    folders = ", or ".join(form.describes for form in formats if not form.endings)
    return f"{path}: found {listed}; allowed: {folders}"
