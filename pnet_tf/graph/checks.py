"""Arguments of the functions of this room: one sentence for a value that is out of range."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data.limits import shown
from ..errors import InputError

MOST_WEIGHT = 1e9


def whole(value: Any, name: str, least: int, most: int | None = None) -> int:
    """`value` as a whole number from `least` to `most`."""
    known = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not known or value < least or most is not None and value > most:
        allowed = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise InputError(f"{name} must be a whole number {allowed}, got {shown(value)}")
    return int(value)


def weight(value: Any, name: str, or_zero: bool = False) -> float:
    """`value` as a number above 0, or from 0, of at most `MOST_WEIGHT`."""
    known = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not known or not (value > 0 or or_zero and value == 0) or value > MOST_WEIGHT:
        raise InputError(
            f"{name} must be a number {'from' if or_zero else 'above'} 0, at most {MOST_WEIGHT:g}, "
            f"got {shown(value)}"
        )
    return float(value)
