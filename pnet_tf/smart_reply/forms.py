"""Results of stages as files: arrays in an .npz, the rest as JSON or plain text; no pickles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..data.npz import read_npz_arrays
from ..errors import InputError
from ..files import read_text
from ..parsing import parse, to_plain
from .compare import Compared
from .corpus import Corpus
from .intents import Intents
from .inventory import Inventory
from .rows import Draw, Drawn
from .stages import Form
from .topics import Topics

_ARRAYS, _PLAIN, _MESSAGES = "arrays.npz", "plain.json", "messages.txt"
_MOST_PLAIN_BYTES = 2 << 30
_T = TypeVar("_T")


@dataclass
class _PlainDrawn:
    """`Drawn`; the keys of JSON are text."""

    soft: dict[str, dict[str, float]]
    draw: Draw
    silent: int
    mixed: int


@dataclass
class _PlainIntents:
    """`Intents` without their arrays."""

    names: tuple[str, ...]
    seeds: dict[str, str]
    replies: dict[str, tuple[str, ...]]
    roles: dict[str, str]
    edges: int


def save_plain(value: Any, place: Path) -> None:
    """A value that is plain, or made of dataclasses, as JSON."""
    (place / _PLAIN).write_text(json.dumps(to_plain(value)), encoding="utf-8")


def load_plain(place: Path, kind: type[_T]) -> _T:
    """What `save_plain` wrote; raises InputError for anything else."""
    path = place / _PLAIN
    try:
        return parse(json.loads(read_text(path, _MOST_PLAIN_BYTES)), kind, f"{path}: ")
    except (json.JSONDecodeError, RecursionError):
        raise InputError(f"{path} is damaged") from None


def _save_arrays(place: Path, arrays: Mapping[str, np.ndarray]) -> None:
    np.savez(place / _ARRAYS, allow_pickle=False, **arrays)


def _save_corpus(value: Corpus, place: Path) -> None:
    names = ("ids", "rows", "columns", "counts")
    _save_arrays(place, {name: getattr(value, name) for name in names})
    text = "".join(f"{message}\n" for message in value.messages)
    (place / _MESSAGES).write_bytes(text.encode("utf-8", "surrogatepass"))


def _load_corpus(place: Path) -> Corpus:
    arrays = read_npz_arrays(place / _ARRAYS, ("ids", "rows", "columns", "counts"))
    text = (place / _MESSAGES).read_bytes().decode("utf-8", "surrogatepass")
    return Corpus(messages=tuple(text.split("\n")[:-1]), **arrays)


def _save_compared(value: Compared, place: Path) -> None:
    _save_arrays(place, vars(value))


def _load_compared(place: Path) -> Compared:
    return Compared(**read_npz_arrays(place / _ARRAYS, tuple(Compared.__annotations__)))


def _save_intents(value: Intents, place: Path) -> None:
    arrays = ("of", "confidence")
    _save_arrays(place, {name: getattr(value, name) for name in arrays})
    save_plain({name: item for name, item in vars(value).items() if name not in arrays}, place)


def _load_intents(place: Path) -> Intents:
    arrays = read_npz_arrays(place / _ARRAYS, ("of", "confidence"))
    found = load_plain(place, _PlainIntents)
    return Intents(
        found.names, arrays["of"], arrays["confidence"],
        {int(response): intent for response, intent in found.seeds.items()},
        found.replies, found.roles, found.edges,
    )  # fmt: skip


def _load_drawn(place: Path) -> Drawn:
    found = load_plain(place, _PlainDrawn)
    soft = {int(number): shares for number, shares in found.soft.items()}
    return Drawn(soft, found.draw, found.silent, found.mixed)


def _save_topics(value: Topics, place: Path) -> None:
    _save_arrays(place, {"axes": value.axes, "centres": value.centres})
    save_plain(value.words, place)


def _load_topics(place: Path) -> Topics:
    arrays = read_npz_arrays(place / _ARRAYS, ("axes", "centres"))
    return Topics(load_plain(place, tuple[str, ...]), **arrays)


INVENTORY: Form[Inventory] = Form(save_plain, partial(load_plain, kind=Inventory))
CORPUS = Form(_save_corpus, _load_corpus)
COMPARED = Form(_save_compared, _load_compared)
TOPICS = Form(_save_topics, _load_topics)
INTENTS = Form(_save_intents, _load_intents)
DRAWN: Form[Drawn] = Form(save_plain, _load_drawn)
NUMBERS: Form[tuple[int, int]] = Form(save_plain, partial(load_plain, kind=tuple[int, int]))
