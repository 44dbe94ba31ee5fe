"""From raw pairs to what trains a model of replies: inventory, intents, labelled tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ..data.types import SPLITS
from ..projections.seeded import check_seed
from . import forms
from .corpus import message_id, message_key
from .engine import Engine, Labelled, Work
from .engines import make_engine
from .intents import LEAST_CONFIDENCE, Intents
from .inventory import Inventory
from .polarity import Polarity, read_polarity
from .progress import (
    CHOOSING,
    EARLY,
    GROUPING,
    JUDGING,
    READING,
    UNLABELLED,
    Show,
    Teller,
    labelling,
)
from .responses import KnownResponse
from .rows import Row
from .seeds import SILENT, read_reply_seeds
from .stages import Stages, keep, open_stages
from .topics import Topics, find_topics
from .wanted import MESSAGES, SILENT_RATIO, Options, Wanted, listed
from .words import WordList, read_words


@dataclass(frozen=True, eq=False)
class Built:
    """All of a building.

    `source`: the pairs. `tables`: split -> rows, which may be read anew from the pairs each time;
    `silent` pairs of train belong to messages without an intent, `silent_rows` of them make a row;
    `mixed` ones, whose message has one and whose response has none, make no row. `dropped` ones of
    valid and test were left out, by split, where no silent row is left to learn from. `topics`
    divide the silent label. `unlabelled`:
    different messages of silent pairs that make no row. `stages`: what is kept on disk, if
    anything.
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
    topics: Topics
    unlabelled: Iterable[str]
    stages: Stages | None = None

    @property
    def roles(self) -> dict[str, str]:
        """Label -> role, silent ones among them where train has such rows."""
        silent = self.topics.labels() if self.silent_rows else ()
        return {**self.intents.roles, **dict.fromkeys(silent, "silent")}

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
        tables = {split: tuple(rows) for split, rows in built.tables.items()}
        return replace(built, tables=tables, unlabelled=tuple(built.unlabelled))


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
    topics: int | None = None,
    unlabelled: int = MESSAGES,
    least_confidence: float = LEAST_CONFIDENCE,
    seed: int = 0,
    engine: Engine | str | None = None,
    watch: Show | None = None,
    work_folder: Path | None = None,
    **inventory: Any,
) -> Iterator[Built]:
    """Replies, intents and labelled tables of `pairs`, whose rows stream until this exits.

    `pairs`: a table or a folder of tables, "sample", a list of (message, response), or lists by
    split. Where there are splits, all is learnt from train; else messages are divided 80:10:10 by
    their hash. `seeds`: response -> intent, or a file of both; None chooses them, `intents` in all.
    `words`: what replies must not hold, or its file. `silent_ratio`: silent rows of train for each
    one with an intent. `topics`: labels among which these are divided by their responses; None: by
    how many they are. `unlabelled`: pairs of the others whose messages are for learning without a
    label, at most. `engine`: scipy, this process, or spark, or an `Engine`. `work_folder`:
    where finished stages are kept meanwhile and gone on with after a stop, see `open_stages`; None
    keeps none. `inventory`: further options of `make_inventory`. The same arguments give the same
    result, whatever the engine. Raises InputError for what cannot be read, and where too little is
    frequent.
    """
    options = Options(
        intents, fewest, silent_ratio, topics, unlabelled, least_confidence, check_seed(seed)
    )
    wanted = Wanted(
        options,
        read_reply_seeds(seeds) if isinstance(seeds, str | Path) else seeds,
        str(seeds) if isinstance(seeds, str | Path) else "seeds",
        words if isinstance(words, WordList) else read_words(words),
        read_polarity() if polarity is None else polarity,
        inventory,
    )
    chosen = make_engine(engine)
    teller = Teller(watch)
    first = () if work_folder is None else (READING,)
    teller.plan([*first, *EARLY, *map(labelling, SPLITS), UNLABELLED])
    with ExitStack() as stack:
        stages = None
        if work_folder is not None:
            pairs = listed(pairs)
            parts = {"pairs": chosen.digest(pairs), **wanted.parts()}
            stages = stack.enter_context(open_stages(work_folder, parts, teller.note))
        work = stack.enter_context(chosen.open(pairs, teller, stages))
        teller.plan([*first, *EARLY, *map(labelling, work.splits), UNLABELLED])
        yield _built(work, wanted, stages, teller)


def _built(work: Work, wanted: Wanted, stages: Stages | None, teller: Teller) -> Built:
    """A building whose stages are made, or read where they are there; what is not asked for is
    not done.
    """
    options = wanted.options

    def judge() -> Inventory:
        with work.count() as counts:
            teller(JUDGING, 0)
            kept = wanted.inventory_of(counts)
        teller(JUDGING, len(kept.responses), len(kept.responses))
        return kept

    def choose() -> Intents:
        near = answered()
        teller(CHOOSING, 0, len(kept.responses))
        intents = wanted.intents_of(kept, near)
        teller(CHOOSING, len(kept.responses), len(kept.responses))
        return intents

    kept = keep(stages, "inventory", judge, forms.INVENTORY)
    answered = cache(lambda: work.answered(kept.places(), options.seed))
    found = keep(stages, "intents", choose, forms.INTENTS)
    placed = zip(kept.responses, found.of.tolist(), strict=True)
    most_silent = round(options.silent_ratio * sum(r.count for r, of in placed if of >= 0))
    labelled = cache(lambda: answered().label(found, most_silent, options.unlabelled))
    silent, mixed = keep(
        stages, "silence", lambda: (labelled().silent, labelled().mixed), forms.NUMBERS
    )
    silent_rows = min(silent, most_silent)

    def group() -> Topics:
        teller(GROUPING, 0)
        rows = labelled().rows("train", GROUPING)
        found = find_topics(rows, silent_rows, options.topics, options.seed)
        teller(GROUPING, silent_rows, silent_rows)
        return found

    topics = keep(stages, "topics", group, forms.TOPICS)
    tables = {split: Table(labelled, split, silent_rows > 0, topics) for split in work.splits}
    dropped = {split: table.dropped() for split, table in tables.items() if split != "train"}
    return Built(
        work, options, kept, found, tables, silent, silent_rows, mixed, dropped, topics,
        Messages(labelled), stages,
    )  # fmt: skip


@dataclass(frozen=True)
class Messages:
    """Messages without a label, each once, read anew with each iteration."""

    labelled: Callable[[], Labelled]

    def __iter__(self) -> Iterator[str]:
        seen = set()
        for message in self.labelled().unlabelled():
            number = message_id(message_key(message))
            if number not in seen:
                seen.add(number)
                yield message


@dataclass(frozen=True)
class Table:
    """Rows of a split, read anew with each iteration; `silent` says whether SILENT ones stay, with
    the labels of `topics`.
    """

    labelled: Callable[[], Labelled]
    split: str
    silent: bool
    topics: Topics

    def __iter__(self) -> Iterator[Row]:
        rows = self.labelled().rows(self.split)
        if self.silent:
            return iter(self.topics.relabelled(rows))
        return (row for row in rows if row.label != SILENT)

    def dropped(self) -> int:
        """How many rows are left out."""
        rows = () if self.silent else self.labelled().rows(self.split)
        return sum(row.label == SILENT for row in rows)
