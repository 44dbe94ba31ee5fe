"""Text on a terminal, of any encoding and width, with nothing in it that steers it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

OUT = Console(highlight=False, soft_wrap=True)
_LEAST_WIDTH = 20
"""Columns that a value needs beside its name."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """`text` with control characters, line breaks too, and changes of direction spelt out."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", text)


def survive_any_text() -> None:
    """Characters that a terminal's encoding does not have are spelt out, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def speaks_unicode() -> bool:
    """Whether standard output is in an encoding of Unicode."""
    return "utf" in (getattr(sys.stdout, "encoding", "") or "").lower()


def say(text: str) -> None:
    """One line of plain text."""
    OUT.print(printable(text), markup=False)


def pairs(rows: Mapping[str, Any]) -> None:
    """Names and values, without those that are None, as a table that folds long values.

    Where a screen has no room for two columns, one line each.
    """
    shown = {name: printable(str(value)) for name, value in rows.items() if value is not None}
    if OUT.width < max(map(len, shown), default=0) + _LEAST_WIDTH:
        for name, value in shown.items():
            say(f"{name}: {value}")
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in shown.items():
        table.add_row(name, Text(value))
    OUT.print(table)


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A line a row, the first and the last column to the left, the others to the right.

    Not a rich table, which cuts names to a narrow screen.
    """
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for name, *numbers, last in lines:
        right = (cell.rjust(width) for cell, width in zip(numbers, widths[1:-1], strict=True))
        say("  ".join((name.ljust(widths[0]), *right, last)).rstrip())


def percent(value: float | None) -> str | None:
    """`0.25` as `25.00%`."""
    return None if value is None else f"{value:.2%}"
