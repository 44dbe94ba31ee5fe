"""From raw pairs to what trains a model of replies: inventory, intents, labelled tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..projections.seeded import check_seed
from .bits import pooled
from .corpus import Corpus, read_corpus
from .counts import count_responses
from .intents import (
    LEAST_CONFIDENCE,
    MOST_CONFIDENCE,
    Intents,
    build_intents,
    check_number,
)
from .inventory import Inventory, make_inventory
from .messages import SoftLabels, soft_labels
from .pairs import Pair
from .polarity import Polarity
from .responses import KnownResponse
from .rows import Row, train_rows, true_rows
from .seeds import SILENT, read_reply_seeds
from .source import Reader, Source, open_source
from .words import WordList, read_words

SILENT_RATIO, MOST_SILENT_RATIO = 1.25, 100.0
_TOLD_EVERY = 5000
Watch = Callable[[str, int], None]
"""What is being done, and how many pairs, or messages, of it are done."""


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

    `tables`: split -> rows; `silent` pairs of train belong to messages without an intent;
    `mixed` ones, whose message has one and whose response has none, make no row. `dropped` ones of
    valid and test were left out, by split, where no silent row is left to learn from.
    """

    source: Source
    options: Options
    inventory: Inventory
    intents: Intents
    tables: Mapping[str, tuple[Row, ...]]
    silent: int
    mixed: int
    dropped: Mapping[str, int]

    @property
    def roles(self) -> dict[str, str]:
        """Label -> role, SILENT among them where train has it."""
        learnt = any(row.label == SILENT for row in self.tables["train"])
        return {**self.intents.roles, **({SILENT: "silent"} if learnt else {})}

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


def build(
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
    watch: Watch | None = None,
    **inventory: Any,
) -> Built:
    """Replies, intents and labelled tables of `pairs`, in memory.

    `pairs`: a table or a folder of tables, "sample", a list of (message, response), or lists by
    split. Where there are splits, all is learnt from train; else messages are divided 80:10:10 by
    their hash. `seeds`: response -> intent, or a file of both; None chooses them, `intents` in all.
    `words`: what replies must not hold, or its file. `silent_ratio`: SILENT rows of train for each
    one with an intent. `inventory`: further options of `make_inventory`. The same arguments give
    the same result. Raises InputError for what cannot be read, and where too little is frequent.
    """
    options = Options(intents, fewest, silent_ratio, least_confidence, check_seed(seed))
    _check(options)
    given = read_reply_seeds(seeds) if isinstance(seeds, str | Path) else seeds
    listed = words if isinstance(words, WordList) else read_words(words)
    source = open_source(pairs)
    train = partial(_told, source.splits["train"], watch or _silence)
    with count_responses(train("counting responses")) as counts:
        kept = make_inventory(counts, fewest=fewest, words=listed, **inventory)
    corpus = read_corpus(train("reading answered messages"), kept.places())
    (watch or _silence)("comparing messages", len(corpus.messages))
    vectors = pooled(corpus.texts, seed)
    found = build_intents(
        kept, corpus, vectors, seeds=given, intents=intents, least_confidence=least_confidence,
        polarity=polarity, seed=seed,
        title=str(seeds) if isinstance(seeds, str | Path) else "seeds",
    )  # fmt: skip
    soft = soft_labels(corpus, found, vectors, seed)
    return _tables(source, options, kept, found, corpus, soft, watch or _silence)


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


def _tables(
    source: Source, options: Options, kept: Inventory, found: Intents, corpus: Corpus,
    soft: SoftLabels, watch: Watch,
) -> Built:  # fmt: skip
    intent_of = {
        response.key: found.names[place]
        for response, place in zip(kept.responses, found.of.tolist(), strict=True)
        if place >= 0
    }.get
    answered = int(corpus.counts[found.of[corpus.columns] >= 0].sum())
    read = {s: _told(reader, watch, f"labelling {s}") for s, reader in source.splits.items()}
    rows, silent, mixed = train_rows(
        read["train"], corpus, soft, intent_of, round(options.silent_ratio * answered), options.seed
    )
    tables, dropped = {"train": tuple(rows)}, {}
    learnt = any(row.label == SILENT for row in rows)
    for split in read:
        if split != "train":
            every = list(true_rows(read[split], intent_of))
            tables[split] = tuple(row for row in every if learnt or row.label != SILENT)
            dropped[split] = len(every) - len(tables[split])
    return Built(source, options, kept, found, tables, silent, mixed, dropped)


def _told(reader: Reader, watch: Watch, what: str) -> Iterator[Pair]:
    for number, pair in enumerate(reader()):
        if number % _TOLD_EVERY == 0:
            watch(what, number)
        yield pair


def _silence(what: str, done: int) -> None:
    pass
