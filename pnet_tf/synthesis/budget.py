"""How much a study may spend, in hours of its workers or in epochs of all networks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InputError
from .records import Record

_FORM = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(s|m|h|epochs)\s*")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Budget:
    """`seconds` of training and measuring by all workers, or `epochs` of all networks."""

    text: str
    seconds: float | None = None
    epochs: float | None = None

    def spent(self, records: Sequence[Record], seconds: float, epochs_each: int) -> bool:
        """Whether no further network of `epochs_each` fits in."""
        if self.seconds is not None:
            return seconds >= self.seconds
        used = sum(record.epochs for record in records)
        return self.epochs is not None and used + epochs_each > self.epochs


def parse_budget(text: str) -> Budget:
    """`2h`, `30m`, `90s` or `400epochs`; raises InputError for anything else."""
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    if match is None or float(match[1]) <= 0:
        raise InputError(f"budget must be like 2h, 30m, 90s or 400epochs, got {text!r}")
    value, unit = float(match[1]), match[2]
    if unit == "epochs":
        return Budget(text, epochs=value)
    return Budget(text, seconds=value * _SECONDS[unit])


def check_budget(budget: Budget, epochs_each: int) -> None:
    """Raise InputError for epochs that are too few for one network."""
    if budget.epochs is not None and budget.epochs < epochs_each:
        raise InputError(
            f"budget {budget.text} is too short for one network, which trains for "
            f"{epochs_each} epochs"
        )
