"""`write_page`: a model file in, one HTML file out in which a person tries it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..files import atomic_write_text, check_writable
from ..tflite.metadata import ModelMetadata
from ..tflite.model import check_model, read_file
from .bundle import bundle, source
from .html import Block, write_html
from .litert import LiteRT, read_litert
from .packages import LITERT, Package

WAITING = "The model is being loaded."


@dataclass(frozen=True)
class WrittenPage:
    """A page that was written: its size, and that of the model in it."""

    file: str
    size_bytes: int
    model_bytes: int
    input_kind: str
    runtime: str


def write_page(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> WrittenPage:
    """Write the page of the model in file `path` to `out`.

    Raises InputError for a file that is no undamaged model and for an `out` that cannot be written
    or is the model itself.
    """
    target = check_writable(out)
    if target == Path(os.path.realpath(path)):
        raise InputError(f"{out} is the model itself; give the page another name")
    content = read_file(path)
    try:
        metadata, _ = check_model(content)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    text = page_html(content, metadata, Path(path).name, read_litert())
    atomic_write_text(target, text)
    return WrittenPage(
        file=str(out),
        size_bytes=len(text.encode("utf-8", "replace")),
        model_bytes=len(content),
        input_kind=metadata.input_spec.kind,
        runtime=LITERT.spec,
    )


def page_html(content: bytes, metadata: ModelMetadata, title: str, litert: LiteRT) -> str:
    """The page of a checked model."""
    return write_html(
        title,
        WAITING,
        source("page.css"),
        [script(litert, "demo", "startDemo")],
        model_blocks(content, litert),
        [licence(LITERT)],
    )


def model_blocks(content: bytes, litert: LiteRT) -> list[Block]:
    """What `try.mjs` reads: the model and the wasm."""
    return [Block("model", content), Block("wasm", litert.wasm)]


def script(litert: LiteRT | None, entry: str, start: str) -> str:
    """The module `entry` with all that it imports, and the call of its `start`.

    With a runtime, `start` gets the function that opens it.
    """
    library, given = (litert.script, "openLibrary") if litert else ("", "")
    return f"(() => {{\n{library}\n{bundle(entry)}${entry}.{start}({given});\n}})();\n"


def licence(package: Package) -> str:
    """Whose work a page holds."""
    return f"holds {package.name} {package.version}, licence {package.license}"
