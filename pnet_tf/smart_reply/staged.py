"""The first stage: pairs by split as plain text, so that what is packed is read only once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .engine import Watch
from .forms import load_plain, save_plain
from .pairs import Pair, ReadReport
from .progress import READING
from .source import Source
from .stages import Stages

_TOLD_EVERY = 5000


@dataclass(frozen=True)
class _Found:
    """Split -> pairs, and what `Source.skipped` has after a reading."""

    pairs: dict[str, int]
    skipped: dict[str, ReadReport]


def staged(source: Source, stages: Stages, watch: Watch) -> tuple[Source, dict[str, int]]:
    """`source` as files of the stage "pairs", which it is read for once, and its pairs by split."""
    place = stages.folder("pairs", lambda made: _write(source, made, watch))
    found = load_plain(place, _Found)
    readers = {split: partial(_read, place / f"{split}.txt") for split in source.splits}
    return Source(source.title, readers, source.divided, found.skipped), found.pairs


def _write(source: Source, place: Path, watch: Watch) -> None:
    """A line a pair, its sides with a tab between, and `_Found`."""
    counts = dict.fromkeys(source.splits, 0)
    with ExitStack() as stack:
        streams = {
            split: stack.enter_context(
                (place / f"{split}.txt").open("w", encoding="utf-8", errors="surrogatepass",
                                              newline="\n")
            )
            for split in counts
        }  # fmt: skip
        for number, (split, (message, response)) in enumerate(source.every()):
            if number % _TOLD_EVERY == 0:
                watch(READING, number)
            streams[split].write(f"{message}\t{response}\n")
            counts[split] += 1
    watch(READING, sum(counts.values()))
    save_plain(_Found(counts, dict(source.skipped)), place)


def _read(path: Path) -> Iterator[Pair]:
    with path.open(encoding="utf-8", errors="surrogatepass", newline="\n") as stream:
        for line in stream:
            message, _, response = line[:-1].partition("\t")
            yield Pair(message, response)
