"""DeepDTA compressed: trained, searched on valid, read once on test, and the table of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import deepdta
from affinities import Affinities
from measured import mean

from pnet_tf.compress.choose import Trainable, choose_plans
from pnet_tf.compress.coded_model import coded_bytes, measured
from pnet_tf.compress.trials import Trial, plans_found
from pnet_tf.metrics import concordance_index, mse

SLACK = 0.005
"""Mean squared error that a trial may be worse by before its last, longer training."""


@dataclass(frozen=True)
class FoundAffinity:
    """Mean squared errors and concordances; bytes as `Found` has them.

    `base_*` are of the network as it was trained, on the same pairs.
    """

    data: str
    seed: int
    base_valid_mse: float
    valid_mse: float
    base_mse: float
    mse: float
    base_concordance: float
    concordance: float
    dense_float32_bytes: int
    dense_bytes: int
    float32_bytes: int
    size_bytes: int
    trials: int
    seconds: int


def compressed(
    data: Affinities,
    seed: int,
    run: Path,
    keep_loss: float,
    show: Callable[[Trial], Any],
    steps: int = deepdta.STEPS,
    like: Path | None = None,
) -> FoundAffinity:
    """Train, search, and read test; `keep_loss` in units of the mean squared error on valid.

    `like`: folder of a search; what it has found is tried first.
    """
    began = monotonic()
    model = deepdta.trained(data, seed, run, steps)
    net = Trainable(
        model,
        lambda small: deepdta.fit_compressed(small, data),
        lambda tried: -deepdta.valid_error(tried, data),
        lambda small: deepdta.finish(small, data),
    )
    choice = choose_plans(
        net, run / "search", keep_loss, slack=SLACK, like=like and plans_found(like, model),
        seed=seed, show=show,
    )  # fmt: skip
    targets = data.targets[data.test]
    base = deepdta.answers(deepdta.trained(data, seed, run), data, data.test)
    found = deepdta.answers(model, data, data.test)
    dense = [one for one in measured(model) if one.name.startswith("dense")]
    return FoundAffinity(
        data=data.name, seed=seed, base_valid_mse=-choice.base_score, valid_mse=-choice.score,
        base_mse=mse(base, targets), mse=mse(found, targets),
        base_concordance=concordance_index(base, targets),
        concordance=concordance_index(found, targets),
        dense_float32_bytes=sum(one.float32_bytes for one in dense),
        dense_bytes=sum(one.size_bytes for one in dense), float32_bytes=choice.float32_bytes,
        size_bytes=len(coded_bytes(model)), trials=choice.trials,
        seconds=round(monotonic() - began),
    )  # fmt: skip


def table(found: Sequence[FoundAffinity]) -> Iterator[str]:
    """A row a data set; ratios are coded / float32 bytes."""
    yield (
        "| data | seeds | valid MSE before | after | test MSE before | after "
        "| test CI before | after | dense part | whole net | whole net, bytes |"
    )
    yield "|" + 11 * "---|"
    for name in dict.fromkeys(one.data for one in found):
        rows = [one for one in found if one.data == name]
        cells = [name, ", ".join(str(seed) for seed in sorted(one.seed for one in rows))]
        for field in ("base_valid_mse", "valid_mse", "base_mse", "mse", "base_concordance",
                      "concordance"):  # fmt: skip
            cells.append(mean([getattr(one, field) for one in rows], ".4f"))
        yield f"| {' | '.join([*cells, *size_cells(rows)])} |"


def size_cells(rows: Sequence[Any]) -> list[str]:
    """Of seeds: shares of the float32 bytes, of the dense part and the whole net, and its bytes."""
    dense = [one.dense_bytes / one.dense_float32_bytes for one in rows]
    whole = [one.size_bytes / one.float32_bytes for one in rows]
    return [mean(dense, ".4f"), mean(whole, ".4f"), f"{max(one.size_bytes for one in rows):,}"]


def page(found: Sequence[FoundAffinity]) -> str:
    """The table with what it is."""
    return "\n".join([
        "# DeepDTA: affinities of drugs and proteins", "",
        "    python scripts/reproduce_compression.py DATA_FOLDER --only davis", "",
        "Mean squared error (MSE, smaller is better) and concordance index (CI, greater is "
        "better). The epoch and the plans are chosen on valid (train fold 0), test is read once. "
        "Coded bytes over float32 bytes, everything counted that restores the weights; `dense "
        "part`: the four dense layers.", "",
        *table(found), "",
    ])  # fmt: skip
