"""Tables for people to fill in, in a spreadsheet perhaps: no cell of them runs there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from itertools import chain

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_FORMULA = re.compile("\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
"""How a cell begins that a spreadsheet takes for a formula, wide signs too."""
SHEET_ENDINGS = (".csv", ".tsv")


def safe_cell(text: str) -> str:
    """`text` with control characters as spaces and an apostrophe before what may be a formula."""
    plain = _CONTROL.sub(" ", text)
    return f"'{plain}" if _FORMULA.match(plain) else plain


def as_given(cell: str) -> str:
    """`cell` without the apostrophe that `safe_cell` put before it."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell[1:]) else cell


def sheet_text(head: Sequence[str], rows: Iterable[Sequence[str]], tabs: bool = False) -> str:
    """A table as `read_table` reads it, cells made safe; `tabs`: a .tsv."""
    lines = chain([head], ([safe_cell(cell) for cell in row] for row in rows))
    if tabs:
        return "".join("\t".join(cells) + "\n" for cells in lines)
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(lines)
    return stream.getvalue()
