"""Raw inputs as a page shows them, within a budget of bytes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

MOST_BYTES = 500_000
"""Of all inputs of a page, about."""
MOST_CHARACTERS = 300
MOST_NUMBERS = 1024


@dataclass(frozen=True)
class Shown:
    """One input: `text`, or `pixels` (base64 of uint8 [H * W * C]), or `numbers`; `whole` tells
    whether nothing of it was left out.
    """

    text: str | None = None
    pixels: str | None = None
    numbers: tuple[float, ...] | None = None
    whole: bool = True


def show_inputs(inputs: np.ndarray, rows: Iterable[int], kind: str) -> list[Shown]:
    """Those `rows` of raw `inputs`, until the budget is spent."""
    found: list[Shown] = []
    left = MOST_BYTES
    for row in rows:
        shown = show_input(inputs[row], kind)
        left -= _size(shown)
        if left < 0:
            break
        found.append(shown)
    return found


def show_input(row: np.ndarray, kind: str) -> Shown:
    """One raw input of the `kind` text, image or dense."""
    if kind == "text":
        text = row.tobytes().rstrip(b"\0").decode("utf-8", "replace")
        return Shown(text=text[:MOST_CHARACTERS], whole=len(text) <= MOST_CHARACTERS)
    if kind == "image":
        return Shown(pixels=b64encode(row.tobytes()).decode())
    numbers = tuple(float(f"{value:.7g}") for value in row[:MOST_NUMBERS].tolist())
    return Shown(numbers=numbers, whole=len(row) <= MOST_NUMBERS)


def _size(shown: Shown) -> int:
    """Bytes of it in JSON, about."""
    return 40 + len((shown.text or "").encode("utf-8", "replace")) + len(shown.pixels or "") + (
        12 * len(shown.numbers or ())
    )
