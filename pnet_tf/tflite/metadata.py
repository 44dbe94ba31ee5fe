"""What a .tflite of pnet_tf says of itself: one model metadata entry of compact UTF-8 JSON.

The last key, `sha256`, is the SHA-256 of the whole file with those 64 hexadecimal characters
replaced by 64 `0` characters, so that damage at any byte shows before a native runtime reads it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ..data.limits import shown
from ..data.spec import InputSpec
from ..errors import InputError
from .ranking import Ranking
from .reader import Buffer, read_metadata_buffers

ENTRY_NAME = "pnet_tf"
SPEC_VERSION = 1
_EMPTY_HASH = "0" * 64
_DEEPEST = 32
_TAIL_BYTES = 66  # 64 hexadecimal characters, a quote and a brace end the JSON


@dataclass(frozen=True)
class ModelMetadata:
    """Everything a program needs to run the file: input kind, labels, and where it came from.

    `input` is `{"kind": "text", "byte_length": n}`, `{"kind": "image", "shape": [H, W, C]}` or
    `{"kind": "dense", "shape": [F]}`; `labels` is empty for regression; `top_k` is None when the
    model gives all scores; `replies` maps a label to reply texts, of which `ranking` chooses;
    `sha256` is set by writing.
    """

    version: str
    task: str
    input: Mapping[str, Any]
    labels: tuple[str, ...]
    top_k: int | None
    quantize: str
    projection: Mapping[str, Any]
    training: Mapping[str, Any]
    oldest_runtime: str
    replies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranking: Ranking | None = None
    spec: int = SPEC_VERSION
    sha256: str = _EMPTY_HASH

    @property
    def input_spec(self) -> InputSpec:
        """Kind, shape and type of one raw input."""
        return InputSpec.from_json(self.input)


def write_metadata(model: bytes, metadata: ModelMetadata) -> bytes:
    """`model` with `metadata` as its one `pnet_tf` entry and the content hash filled in.

    Needs the schema that comes with `ai-edge-litert`. `metadata.sha256` is ignored.
    """
    from .flatbuffer import set_metadata_entry

    checked = _parse(json.loads(_to_json(metadata)))
    written = set_metadata_entry(model, ENTRY_NAME, _to_json(checked))
    place = read_metadata_buffers(written)[ENTRY_NAME]
    return _with_hash(written, place, _content_hash(written, place))


def read_metadata(model: bytes) -> ModelMetadata:
    """Metadata of a model file whose content hash is right, read in pure Python.

    Raises `InputError` for anything that is not an undamaged model of this spec version.
    """
    place = read_metadata_buffers(model).get(ENTRY_NAME)
    if place is None:
        raise InputError("not a pnet_tf model: the TFLite file holds no pnet_tf metadata")
    parsed = _load_json(model[place.offset : place.offset + place.size_bytes])
    if parsed.get("spec") != SPEC_VERSION:
        raise InputError(
            f"model of spec version {shown(parsed.get('spec'))}; this pnet_tf reads {SPEC_VERSION}"
        )
    metadata = _parse(parsed)
    actual = _content_hash(model, place)
    if metadata.sha256 != actual or metadata.sha256 != _stored_hash(model, place):
        raise InputError(
            f"damaged model file: its content has SHA-256 {actual[:12]}..., "
            f"its metadata says {metadata.sha256[:12]}..."
        )
    return metadata


def rehash(model: bytes) -> bytes:
    """`model` with its content hash computed anew: for tools that edit a finished file."""
    place = read_metadata_buffers(model)[ENTRY_NAME]
    return _with_hash(model, place, _content_hash(model, place))


def _to_json(metadata: ModelMetadata) -> bytes:
    values = {item.name: getattr(metadata, item.name) for item in fields(metadata)}
    ordered = {"spec": values.pop("spec")} | values | {"sha256": _EMPTY_HASH}
    if metadata.ranking is not None:
        ordered["ranking"] = metadata.ranking.to_json()
    ordered = {key: v for key, v in ordered.items() if v or key not in ("replies", "ranking")}
    ordered["sha256"] = ordered.pop("sha256")
    try:
        text = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode("utf-8")
    except (ValueError, TypeError) as error:
        raise InputError(f"invalid pnet_tf metadata: it is not plain JSON: {error}") from None


def _load_json(data: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"damaged model file: its pnet_tf metadata is not JSON: {error}") from None
    if not isinstance(parsed, dict):
        raise InputError("damaged model file: its pnet_tf metadata is not a JSON object")
    if _is_deep(parsed):
        raise InputError("damaged model file: its pnet_tf metadata is nested too deeply")
    return parsed


def _is_deep(value: Any) -> bool:
    """Whether objects and lists stand in one another more than `_DEEPEST` times."""
    level = [value]
    for _ in range(_DEEPEST):
        inner = (v.values() if isinstance(v, dict) else v for v in level)
        level = [item for items in inner for item in items if isinstance(item, dict | list)]
    return bool(level)


def _stored_hash(model: bytes, place: Buffer) -> str:
    end = place.offset + place.size_bytes
    return model[max(end - _TAIL_BYTES, 0) : end - 2].decode("latin-1")


def _content_hash(model: bytes, place: Buffer) -> str:
    end = place.offset + place.size_bytes
    digest = hashlib.sha256(model[: max(end - _TAIL_BYTES, 0)])
    digest.update(_EMPTY_HASH.encode())
    digest.update(model[end - 2 :])
    return digest.hexdigest()


def _with_hash(model: bytes, place: Buffer, sha256: str) -> bytes:
    end = place.offset + place.size_bytes
    return model[: end - _TAIL_BYTES] + sha256.encode() + model[end - 2 :]


def _is_text(value: Any) -> bool:
    """A string that UTF-8 can write: JSON escapes may spell lone surrogates."""
    return isinstance(value, str) and value == value.encode("utf-8", "ignore").decode("utf-8")


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_input(value: Any) -> bool:
    try:
        InputSpec.from_json(value)
    except InputError:
        return False
    return True


def _is_ranking(value: Any) -> bool:
    try:
        return value is None or bool(Ranking.from_json(value))
    except InputError:
        return False


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "version": _is_text,
    "task": lambda value: value in ("classification", "regression"),
    "input": _is_input,
    "labels": _is_texts,
    "top_k": lambda value: value is None or _is_count(value),
    "quantize": _is_text,
    "projection": _is_object,
    "training": _is_object,
    "oldest_runtime": _is_text,
    "replies": lambda value: _is_object(value) and all(map(_is_texts, value.values())),
    "ranking": _is_ranking,
    "sha256": lambda value: _is_text(value) and len(value) == 64,
}


def _parse(values: dict[str, Any]) -> ModelMetadata:
    values = {"replies": {}, "ranking": None} | values
    for name, check in _CHECKS.items():
        if name not in values or not check(values[name]):
            raise InputError(f"invalid pnet_tf metadata: {name} is {shown(values.get(name))}")
    labels, top_k = tuple(values["labels"]), values["top_k"]
    if (values["task"] == "classification") != bool(labels):
        raise InputError(f"invalid pnet_tf metadata: {values['task']} with {len(labels)} labels")
    if top_k is not None and top_k > len(labels):
        raise InputError(f"invalid pnet_tf metadata: top_k {top_k} of {len(labels)} labels")
    metadata = ModelMetadata(**{name: values[name] for name in _CHECKS})
    replies = {label: tuple(texts) for label, texts in metadata.replies.items()}
    ranking = None if values["ranking"] is None else Ranking.from_json(values["ranking"])
    if ranking is not None:
        ranking.check_labels(labels)
    return replace(metadata, labels=labels, replies=replies, ranking=ranking)
