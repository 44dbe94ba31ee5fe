"""What a search came to, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .generator import Generator
from .keep import Kept, front_of
from .records import FAILED, FINISHED, OUTSIDE, STOPPED, Record, finished


@dataclass(frozen=True)
class SynthesisReport:
    """What a search came to.

    `networks` are handed out, by rising size, each within every limit; `front` names the numbers of
    all kept ones that no other beats. `counts`: how many networks were finished, stopped, outside
    the limits and failed. `rank_correlation`: Spearman's, of the accuracies that were foretold of
    finished networks before their training (`start`) and after a quarter of it with the true ones.
    `hypervolume` of all finished ones above the accuracy asked for and below `reference_bytes`, see
    `fronts.hypervolume`.
    """

    out: str
    data: str
    require: tuple[str, ...]
    utility: str
    searcher: str
    seed: int
    networks: tuple[Kept, ...]
    front: tuple[int, ...]
    counts: Mapping[str, int]
    epochs: float
    seconds: float
    best_accuracy: float
    hypervolume: float
    reference_bytes: float
    rank_correlation: Mapping[str, float]
    importance: Mapping[str, float]


def make_report(
    learned: Generator, kept: Sequence[Kept], handed: Sequence[Kept], **told: Any
) -> SynthesisReport:
    """The report of all that was learned, kept and handed out; `told` are its plain fields."""
    records = [record for record in learned.records if record.number >= 0]
    done = finished(records)
    accuracies = [record.accuracy or 0.0 for record in done]
    sizes = [record.facts["bytes"] for record in done]
    ends = (FINISHED, STOPPED, OUTSIDE, FAILED)
    return SynthesisReport(
        utility=learned.utility, networks=tuple(handed),
        front=tuple(one.number for one in front_of(kept)),
        counts={ended: sum(record.ended == ended for record in records) for ended in ends},
        epochs=sum(record.epochs for record in records),
        best_accuracy=max(accuracies, default=0.0),
        hypervolume=learned.hypervolume(sizes, accuracies),
        reference_bytes=learned.most_bytes(),
        rank_correlation={when: rank_correlation(done, when) for when in ("start", "quarter")},
        importance={k: round(v, 4) for k, v in learned.inquisitor.importance().items() if v > 0.01},
        **told,
    )  # fmt: skip


def rank_correlation(records: Sequence[Record], when: str) -> float:
    """Spearman's, of foretold and true accuracies; 0 with fewer than three of them."""
    pairs = [(record.foretold[when], record.accuracy) for record in records
             if when in record.foretold]  # fmt: skip
    if len(pairs) < 3:
        return 0.0
    from scipy.stats import spearmanr

    found = float(spearmanr(*zip(*pairs, strict=True)).statistic)
    return found if np.isfinite(found) else 0.0
