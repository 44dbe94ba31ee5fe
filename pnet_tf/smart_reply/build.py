"""From raw pairs to what trains a model of replies: inventory, intents, labelled tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..projections.seeded import check_seed
from .engine import Engine, Labelled, Watch, Work
from .engines import make_engine
from .intents import (
    LEAST_CONFIDENCE,
    MOST_CONFIDENCE,
    Intents,
    build_intents,
    check_number,
)
from .inventory import Inventory, make_inventory
from .links import contexts
from .polarity import Polarity
from .responses import KnownResponse
from .rows import Row
from .seeds import SILENT, read_reply_seeds
from .words import WordList, read_words

SILENT_RATIO, MOST_SILENT_RATIO = 1.25, 100.0


@dataclass(frozen=True)
class Options:
    """What a building was asked for; None stands for a default that depends on the pairs."""

    intents: int | None = None
    fewest: int | None = None
    silent_ratio: float = SILENT_RATIO
    least_confidence: float = LEAST_CONFIDENCE
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Built:
    """All of a building.

    `source`: the pairs. `tables`: split -> rows, which may be read anew from the pairs each time;
    `silent` pairs of train belong to messages without an intent, `silent_rows` of them make a row;
    `mixed` ones, whose message has one and whose response has none, make no row. `dropped` ones of
    valid and test were left out, by split, where no silent row is left to learn from.
    """

    source: Work
    options: Options
    inventory: Inventory
    intents: Intents
    tables: Mapping[str, Iterable[Row]]
    silent: int
    silent_rows: int
    mixed: int
    dropped: Mapping[str, int]

    @property
    def roles(self) -> dict[str, str]:
        """Label -> role, SILENT among them where train has it."""
        return {**self.intents.roles, **({SILENT: "silent"} if self.silent_rows else {})}

    @property
    def responses(self) -> tuple[KnownResponse, ...]:
        """The responses that have an intent, frequent first."""
        found = zip(
            self.inventory.responses, self.intents.of.tolist(), self.intents.confidence.tolist(),
            strict=True,
        )  # fmt: skip
        return tuple(
            KnownResponse(response.text, self.intents.names[place], response.count, score)
            for response, place, score in found
            if place >= 0
        )


def build(pairs: Any, **options: Any) -> Built:
    """Replies, intents and labelled tables of `pairs`, in memory; options as of `building`."""
    with building(pairs, **options) as built:
        return replace(built, tables={split: tuple(rows) for split, rows in built.tables.items()})


@contextmanager
def building(
    pairs: Any,
    *,
    seeds: Mapping[str, str] | str | Path | None = None,
    words: WordList | str | Path | None = None,
    polarity: Polarity | None = None,
    intents: int | None = None,
    fewest: int | None = None,
    silent_ratio: float = SILENT_RATIO,
    least_confidence: float = LEAST_CONFIDENCE,
    seed: int = 0,
    engine: Engine | str | None = None,
    watch: Watch | None = None,
    **inventory: Any,
) -> Iterator[Built]:
    """Replies, intents and labelled tables of `pairs`, whose rows stream until this exits.

    `pairs`: a table or a folder of tables, "sample", a list of (message, response), or lists by
    split. Where there are splits, all is learnt from train; else messages are divided 80:10:10 by
    their hash. `seeds`: response -> intent, or a file of both; None chooses them, `intents` in all.
    `words`: what replies must not hold, or its file. `silent_ratio`: SILENT rows of train for each
    one with an intent. `engine`: scipy, this process, or spark, or an `Engine`. `inventory`:
    further options of `make_inventory`. The same arguments give the same result, whatever the
    engine. Raises InputError for what cannot be read, and where too little is frequent.
    """
    options = Options(intents, fewest, silent_ratio, least_confidence, check_seed(seed))
    _check(options)
    given = read_reply_seeds(seeds) if isinstance(seeds, str | Path) else seeds
    listed = words if isinstance(words, WordList) else read_words(words)
    with make_engine(engine).open(pairs, watch or _silence) as work:
        with work.count() as counts:
            kept = make_inventory(counts, fewest=fewest, words=listed, **inventory)
        answered = work.answered(kept.places(), seed)
        found = build_intents(
            kept, contexts(*answered.contexts()), answered.common, seeds=given, intents=intents,
            least_confidence=least_confidence, polarity=polarity, seed=seed,
            title=str(seeds) if isinstance(seeds, str | Path) else "seeds",
        )  # fmt: skip
        places = found.of.tolist()
        placed = (r.count for r, of in zip(kept.responses, places, strict=True) if of >= 0)
        most_silent = round(silent_ratio * sum(placed))
        labelled = answered.label(found, most_silent)
        silent_rows = min(labelled.silent, most_silent)
        tables = {split: Table(labelled, split, silent_rows > 0) for split in work.splits}
        yield Built(
            work, options, kept, found, tables, labelled.silent, silent_rows, labelled.mixed,
            {split: table.dropped() for split, table in tables.items() if split != "train"},
        )  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Rows of a split, read anew with each iteration; `silent` says whether SILENT ones stay."""

    labelled: Labelled
    split: str
    silent: bool

    def __iter__(self) -> Iterator[Row]:
        rows = self.labelled.rows(self.split)
        return rows if self.silent else (row for row in rows if row.label != SILENT)

    def dropped(self) -> int:
        """How many rows are left out."""
        rows = () if self.silent else self.labelled.rows(self.split)
        return sum(row.label == SILENT for row in rows)


def _check(options: Options) -> None:
    """Raise InputError for values out of range: before the pairs are read."""
    if not 0 <= options.silent_ratio <= MOST_SILENT_RATIO:
        raise InputError(
            f"silent_ratio must be 0..{MOST_SILENT_RATIO:g}, got {options.silent_ratio}"
        )
    if not 0 < options.least_confidence <= MOST_CONFIDENCE:
        raise InputError(
            f"least_confidence must be above 0, at most {MOST_CONFIDENCE}, "
            f"got {options.least_confidence}"
        )
    check_number(options.intents)


def _silence(what: str, done: int) -> None:
    pass
