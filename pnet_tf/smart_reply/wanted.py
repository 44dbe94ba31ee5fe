"""What a building is asked for: options that are checked, and what of it changes the result."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..version import __version__
from .engine import Answered
from .intents import (
    LEAST_CONFIDENCE,
    MOST_CONFIDENCE,
    Intents,
    build_intents,
    check_number,
)
from .inventory import Inventory, ResponseCounts, make_inventory
from .links import contexts
from .pairs import pair_files
from .polarity import Polarity
from .source import SAMPLE, SAMPLE_FILE
from .stages import digest
from .words import WordList

SILENT_RATIO, MOST_SILENT_RATIO = 1.25, 100.0
MOST_TOPICS = 1000
MESSAGES, MOST_MESSAGES = 50_000, 10_000_000
"""Pairs whose messages are for learning without a label."""


@dataclass(frozen=True)
class Options:
    """What a building was asked for; None stands for a default that depends on the pairs."""

    intents: int | None = None
    fewest: int | None = None
    silent_ratio: float = SILENT_RATIO
    topics: int | None = None
    unlabelled: int = MESSAGES
    least_confidence: float = LEAST_CONFIDENCE
    seed: int = 0


@dataclass(frozen=True)
class Wanted:
    """`options` and lists: `seeds`, response -> intent, called `title`, or None; `words` that no
    reply holds; `polarity`; `inventory`, further options of `make_inventory`.

    Raises InputError for values out of range: before the pairs are read.
    """

    options: Options
    seeds: Mapping[str, str] | None
    title: str
    words: WordList
    polarity: Polarity
    inventory: Mapping[str, Any]

    def __post_init__(self) -> None:
        inspect.signature(make_inventory).bind(None, **self.inventory)
        _check(self.options)

    def inventory_of(self, counts: ResponseCounts) -> Inventory:
        """The responses that are kept."""
        fewest = self.options.fewest
        return make_inventory(counts, fewest=fewest, words=self.words, **self.inventory)

    def intents_of(self, kept: Inventory, answered: Answered) -> Intents:
        """Their intents."""
        options = self.options
        return build_intents(
            kept, contexts(*answered.contexts()), answered.common, seeds=self.seeds,
            intents=options.intents, least_confidence=options.least_confidence,
            polarity=self.polarity, seed=options.seed, title=self.title,
        )  # fmt: skip

    def parts(self) -> dict[str, str]:
        """Digests of all that changes the result, but for the pairs."""
        polarity = {kind: sorted(entries) for kind, entries in asdict(self.polarity).items()}
        seeds = None if self.seeds is None else list(self.seeds.items())
        asked = (asdict(self.options), seeds, self.words.entries, polarity, dict(self.inventory))
        return {"options": digest([json.dumps(asked, default=repr)]), "version": __version__}


def listed(pairs: Any) -> Any:
    """Pairs that can be read again and again: what can be read only once becomes a list."""
    if isinstance(pairs, Mapping):
        return {split: listed(found) for split, found in pairs.items()}
    plain = isinstance(pairs, str | bytes | Path | list | tuple)
    return pairs if plain or not isinstance(pairs, Iterable) else list(pairs)


def pairs_digest(pairs: Any) -> str:
    """Digest of pairs in memory, or of the place, size and time of change of each table of them."""
    if not isinstance(pairs, str | Path):
        splits = pairs.items() if isinstance(pairs, Mapping) else [("", pairs)]
        return digest(repr(item) for split, found in splits for item in (split, *_items(found)))
    files = pair_files(SAMPLE_FILE if pairs == SAMPLE else pairs)
    states = {split: (os.path.realpath(path), path.stat()) for split, path in files.items()}
    return digest(
        f"{split}\t{place}\t{state.st_size}\t{state.st_mtime_ns}"
        for split, (place, state) in states.items()
    )


def _items(pairs: Any) -> Iterable[Any]:
    return pairs if isinstance(pairs, list | tuple) else (pairs,)


def _check(options: Options) -> None:
    """Raise InputError for values out of range: before the pairs are read."""
    if not 0 <= options.silent_ratio <= MOST_SILENT_RATIO:
        raise InputError(
            f"silent_ratio must be 0..{MOST_SILENT_RATIO:g}, got {options.silent_ratio}"
        )
    if options.topics is not None and not 1 <= options.topics <= MOST_TOPICS:
        raise InputError(f"topics must be 1..{MOST_TOPICS}, got {options.topics}")
    if not 0 <= options.unlabelled <= MOST_MESSAGES:
        raise InputError(f"unlabelled must be 0..{MOST_MESSAGES}, got {options.unlabelled}")
    if not 0 < options.least_confidence <= MOST_CONFIDENCE:
        raise InputError(
            f"least_confidence must be above 0, at most {MOST_CONFIDENCE}, "
            f"got {options.least_confidence}"
        )
    check_number(options.intents)
