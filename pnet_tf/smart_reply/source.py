"""Pairs by split, to be read again and again: from files, from memory, or the shipped sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ..data.limits import shown
from ..data.types import SPLITS
from ..errors import InputError
from .corpus import message_key, share
from .pairs import CONTROL, Pair, ReadReport, pair_files, read_pairs

SAMPLE = "sample"
SAMPLE_FILE = Path(__file__).parents[1] / "data" / "samples" / "smart_reply" / "pairs.tsv"
TRAIN_SHARE, VALID_SHARE = 0.8, 0.1
Reader = Callable[[], Iterator[Pair]]


@dataclass(frozen=True)
class Source:
    """`splits`: split -> what begins a reading of its pairs. `skipped`: rows that made no pair, by
    split, once they are read. `divided`: whether one table was divided by messages; `whole` then
    begins a reading of all of it.
    """

    title: str
    splits: Mapping[str, Reader]
    divided: bool
    skipped: dict[str, ReadReport] = field(default_factory=dict)
    whole: Reader | None = None

    def every(self) -> Iterator[tuple[str, Pair]]:
        """Each pair after its split, in one reading; those of a split are in its order."""
        if self.whole is not None:
            return ((split_of(pair.message), pair) for pair in self.whole())
        return ((split, pair) for split, read in self.splits.items() for pair in read())


def open_source(pairs: Any) -> Source:
    """`pairs`: a path as `pair_files` takes it, SAMPLE, a list of pairs, or lists by split.

    One table, or one list, is divided by `split_of`. Raises InputError for another form.
    """
    if isinstance(pairs, str | Path):
        return _from_files(pairs)
    found = given_pairs(pairs)
    if isinstance(found, Mapping):
        return Source("pairs", {name: partial(iter, rows) for name, rows in found.items()}, False)
    return _divided("pairs", lambda: iter(found), {})


def given_pairs(pairs: Any) -> list[Pair] | dict[str, list[Pair]]:
    """Pairs in memory, cleaned, or such by split; InputError for another form."""
    if not isinstance(pairs, Mapping):
        return _checked(pairs, "pairs")
    if "train" not in pairs or set(pairs) - set(SPLITS):
        raise InputError(
            f"pairs by split have {shown(list(pairs))}; allowed: train, perhaps valid and test"
        )
    return {split: _checked(pairs[split], split) for split in SPLITS if split in pairs}


def split_of(message: str) -> str:
    """train, valid or test, 80:10:10, by a hash of the message's key: equal ones go together."""
    return split_of_key(message_key(message))


def split_of_key(key: str) -> str:
    """`split_of` a message with this `message_key`."""
    place = share(key, 0)
    if place < TRAIN_SHARE:
        return "train"
    return "valid" if place < TRAIN_SHARE + VALID_SHARE else "test"


def _from_files(path: str | Path) -> Source:
    files = pair_files(SAMPLE_FILE if path == SAMPLE else path)
    skipped: dict[str, ReadReport] = {}

    def read(split: str) -> Iterator[Pair]:
        skipped[split] = ReadReport()  # of the last reading; each counts the same
        return read_pairs(files[split], skipped[split])

    if len(files) == 1 and not Path(path).is_dir():
        return _divided(str(path), lambda: read("train"), skipped)
    return Source(str(path), {split: partial(read, split) for split in files}, False, skipped)


def _divided(title: str, read: Reader, skipped: dict[str, ReadReport]) -> Source:
    def only(split: str) -> Iterator[Pair]:
        return (pair for pair in read() if split_of(pair.message) == split)

    return Source(title, {split: partial(only, split) for split in SPLITS}, True, skipped, read)


def _checked(pairs: Iterable[Any], title: str) -> list[Pair]:
    """Pairs of text, cleaned as those of a table are; ones with an empty side are left out."""
    if isinstance(pairs, str | bytes) or not isinstance(pairs, Iterable):
        raise InputError(f"{title} must be a list of (message, response), got {shown(pairs)}")
    found = []
    for row, pair in enumerate(pairs):
        cells = tuple(pair) if isinstance(pair, tuple | list) else ()
        if len(cells) != 2 or not all(isinstance(cell, str) for cell in cells):
            raise InputError(f"{title}[{row}] is {shown(pair)}; allowed: (message, response)")
        message, response = map(_clean, cells)
        if message and response:
            found.append(Pair(message, response))
    return found


def _clean(text: str) -> str:
    """`text` on one line, without control characters; a lone surrogate is "?", as in a file."""
    plain = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(CONTROL.sub("", plain).split())
