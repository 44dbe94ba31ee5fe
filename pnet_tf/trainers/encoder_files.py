"""Files of a sentence encoder: in a folder, or beside the code of an installed package."""

from __future__ import annotations

import importlib.util
import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ..data.limits import shown
from ..errors import InputError
from ..files import is_folder, read_bytes

PACKAGE = "package:"
FOLDER_VARIABLE = "PNET_TF_ENCODER"
"""Environment variable: a source that is looked in instead of the one that settings or a run name.
It is for a run that comes from another machine."""
MODEL_PLACES = ("model.onnx", "onnx/model.onnx", "model/model.onnx", "model/onnx/model.onnx")
TOKENIZER_PLACES = ("tokenizer.json", "onnx/tokenizer.json", "model/tokenizer.json")
_MOST_MODEL_BYTES = 2**31
_MOST_TOKENIZER_BYTES = 2**28
_NAME = re.compile(r"[A-Za-z_][\w-]*")


@dataclass(frozen=True)
class EncoderFiles:
    """Both files: where they are, and what they hold; each hash is the SHA-256 of the bytes."""

    model_path: Path
    tokenizer_path: Path
    model: bytes
    tokenizer: bytes
    model_sha256: str
    tokenizer_sha256: str


def read_encoder(source: str, tokenizer: str = "") -> EncoderFiles:
    """Model and tokenizer of `source`, a folder or `package:NAME`.

    `tokenizer` is such a source too, for an encoder whose tokenizer lies elsewhere. A package is
    found, and never imported. Raises InputError for what is not there.
    """
    elsewhere = os.environ.get(FOLDER_VARIABLE, "")
    source = elsewhere or source
    if not source:
        raise InputError(
            "trainer encoder needs the option source: the folder of an ONNX export, "
            f"or {PACKAGE}NAME of an installed package that carries one"
        )
    model_path = _find(source, MODEL_PLACES)
    if elsewhere and tokenizer and _places(elsewhere, TOKENIZER_PLACES):
        tokenizer = elsewhere
    tokenizer_path = _find(tokenizer or source, TOKENIZER_PLACES)
    model = read_bytes(model_path, _MOST_MODEL_BYTES)
    words = read_bytes(tokenizer_path, _MOST_TOKENIZER_BYTES)
    return EncoderFiles(model_path, tokenizer_path, model, words,
                        sha256(model).hexdigest(), sha256(words).hexdigest())  # fmt: skip


def absolute(source: str) -> str:
    """A source that means the same from another working folder."""
    return source if not source or source.startswith(PACKAGE) else str(Path(source).resolve())


def _find(source: str, places: tuple[str, ...]) -> Path:
    found = _places(source, places)
    if not found:
        hint = ", or give its source by the option tokenizer" if places is TOKENIZER_PLACES else ""
        raise InputError(
            f"trainer encoder: {shown(source)} has no {places[0]}; "
            f"allowed: a source with {' or '.join(places[:2])}{hint}"
        )
    return found[0]


def _places(source: str, places: tuple[str, ...]) -> list[Path]:
    candidates = [folder / place for folder in _folders(source) for place in places]
    return [path for path in candidates if path.is_file()]


def _folders(source: str) -> list[Path]:
    if source.startswith(PACKAGE):
        return _package_folders(source.removeprefix(PACKAGE))
    if not is_folder(source):
        raise InputError(
            f"trainer encoder: no folder {shown(source)}; allowed: a folder or {PACKAGE}NAME, "
            f"and {FOLDER_VARIABLE} names the one to look in instead"
        )
    return [Path(source)]


def _package_folders(name: str) -> list[Path]:
    """Folders of a top-level package; the finders are asked, its code does not run."""
    if not _NAME.fullmatch(name):
        raise InputError(f"trainer encoder: {shown(name)} is no name of a package")
    try:
        spec = importlib.util.find_spec(name.replace("-", "_"))
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise InputError(f"trainer encoder: no package {shown(name)} is installed")
    return [Path(folder) for folder in spec.submodule_search_locations]
