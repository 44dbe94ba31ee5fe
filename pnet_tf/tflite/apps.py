"""A finished file into the phone and the watch app of `android_demo`, once they can run it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..files import atomic_write_bytes, check_writable, is_folder
from .compatibility import check_operators
from .metadata import ModelMetadata
from .model import load_bytes, read_file

APPS = ("mobile", "wear")
ASSET = "model.tflite"
RUNTIME = "org.tensorflow:tensorflow-lite 2.16.1"
"""What the apps run; all that tflite-runtime 2.14.0 runs, it runs too."""


@dataclass(frozen=True)
class AppReport:
    """What was put where. `shows`: "replies" that are chosen by the file's ranking, "replies of the
    best label" where it has none, or "labels" where it has no replies.
    """

    files: tuple[str, ...]
    size_bytes: int
    input_bytes: int
    labels: int
    shows: str
    runtime: str


def put_into_apps(model: str | os.PathLike[str], project: str | os.PathLike[str]) -> AppReport:
    """Copy the file `model` into both apps of `project`, a copy of `android_demo`.

    Raises InputError, and changes nothing, for a file that the apps cannot run: damaged, of another
    version, no classifier of text, or with an operator that their runtime may lack.
    """
    folders = [_sources(Path(project), app) for app in APPS]
    content = read_file(model)
    try:
        meta = _checked(content)
    except InputError as error:
        raise InputError(f"{model}: {error}") from None
    targets = [folder / "assets" / ASSET for folder in folders]
    for target in targets:
        _make_folder(target.parent)
        check_writable(target)
    for target in targets:
        atomic_write_bytes(target, content)
    return AppReport(
        files=tuple(map(str, targets)),
        size_bytes=len(content),
        input_bytes=meta.input_spec.shape[0],
        labels=len(meta.labels),
        shows=_shows(meta),
        runtime=RUNTIME,
    )


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
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be made: {error.strerror or error}") from None
