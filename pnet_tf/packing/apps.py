"""A finished file into the phone and the watch app of `android_demo`, once they can run it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..files import atomic_write_bytes, check_writable, is_folder
from ..tflite.compatibility import check_operators
from ..tflite.metadata import ModelMetadata
from ..tflite.model import load_bytes, read_file
from .container import pack_surely
from .decoder import dictionary, is_packed, unpack

APPS = ("mobile", "wear")
ASSET = "model.tflite"
"""Of a packed model too: the apps tell it by its first bytes."""
BESIDE = Path("pnet_tf", "packing", "dictionary.bin")
"""Beside the folder of the apps, from where their Gradle build takes the dictionary."""
RESOURCE = Path("core", "src", "main", "resources", "org", "pnettf", "core", "dictionary.bin")
"""Within it, where a copy that stands alone has the dictionary."""
RUNTIME = "org.tensorflow:tensorflow-lite 2.16.1"
"""What the apps run; all that tflite-runtime 2.14.0 runs, it runs too."""


@dataclass(frozen=True)
class AppReport:
    """What was put where; `packed_bytes`: what the apps hold of it, where they hold it packed.

    `shows`: "replies" that are chosen by the file's ranking, "replies of the best label" where it
    has none, or "labels" where it has no replies.
    """

    files: tuple[str, ...]
    size_bytes: int
    packed_bytes: int | None
    input_bytes: int
    labels: int
    shows: str
    runtime: str


def put_into_apps(
    model: str | os.PathLike[str], project: str | os.PathLike[str], *, pack: bool = False
) -> AppReport:
    """Put the file `model`, a `.tflite` or `.ptz`, into both apps of `project`, an `android_demo`.

    A `.ptz`, and by `pack` any file, stays packed in the apps, which unpack it when they load it.
    Raises InputError, and changes nothing, for a file that the apps cannot run: damaged, of another
    version, no classifier of text, or with an operator that their runtime may lack.
    """
    root = Path(project)
    folders = [_sources(root, app) for app in APPS]
    held = read_file(model)
    try:
        content = unpack(held) if is_packed(held) else held
        meta = _checked(content)
    except InputError as error:
        raise InputError(f"{model}: {error}") from None
    if pack and not is_packed(held):
        held = pack_surely(content, os.fspath(model))
    files = {folder / "assets" / ASSET: held for folder in folders} | _needed(root, held)
    _write(files)
    return AppReport(
        files=tuple(map(str, files)), size_bytes=len(content),
        packed_bytes=len(held) if is_packed(held) else None,
        input_bytes=meta.input_spec.shape[0], labels=len(meta.labels), shows=_shows(meta),
        runtime=RUNTIME,
    )  # fmt: skip


def _needed(root: Path, held: bytes) -> dict[Path, bytes]:
    """The dictionary, for a packed file in a copy that has none beside it."""
    if not is_packed(held) or (root.resolve().parent / BESIDE).is_file():
        return {}
    return {root / RESOURCE: dictionary()}


def _write(files: Mapping[Path, bytes]) -> None:
    """Write all files, none if the place of one is seen to be no good."""
    for target in files:
        _make_folder(target.parent)
        check_writable(target)
    for target, content in files.items():
        atomic_write_bytes(target, content)


def _sources(project: Path, app: str) -> Path:
    folder = project / app / "src" / "main"
    if not is_folder(folder) or not (folder / "AndroidManifest.xml").is_file():
        raise InputError(
            f"{project} is no copy of android_demo: it has no {app}/src/main/AndroidManifest.xml"
        )
    return folder


def _checked(content: bytes) -> ModelMetadata:
    """Metadata of a file that the apps can run, after a trial run here."""
    meta = load_bytes(content, xnnpack=False).metadata
    if meta.task != "classification" or meta.input_spec.kind != "text":
        kind = meta.input_spec.kind
        raise InputError(f"a {meta.task} model of {kind} input; the apps take classifiers of text")
    problems = check_operators(content)
    if problems:
        raise InputError(f"the apps' runtime, {RUNTIME}, may not run it: {problems[0]}")
    return meta


def _shows(meta: ModelMetadata) -> str:
    if not meta.replies:
        return "labels"
    return "replies" if meta.ranking is not None else "replies of the best label"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be made: {error.strerror or error}") from None
