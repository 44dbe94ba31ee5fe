"""Tables of raw message-response pairs, streamed: memory does not depend on the number of rows."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ..data.limits import check_plain, check_ratio, reading, shown
from ..data.tables import TABLE_ENDINGS, split_ending, split_tables
from ..data.types import SPLITS
from ..errors import InputError

MESSAGE_COLUMNS = ("message", "text", "context")
RESPONSE_COLUMNS = ("response", "reply")
MOST_ROW_BYTES = 64 << 10
"""Longest row; at most the 128 KiB that the csv module lets a cell have."""
RATIO_FLOOR_BYTES = 64 << 20
"""Decompressed size below which one message that repeats itself is no zip bomb."""

EMPTY, LONG, BROKEN, RAGGED = "empty cell", "too long", "not UTF-8", "another number of columns"
_BUFFER_BYTES = 1 << 18
CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
"""What no text keeps: control characters, but for those that are white space."""


class Pair(NamedTuple):
    """A message and the response to it; white space collapsed, no control characters, not empty."""

    message: str
    response: str


@dataclass
class ReadReport:
    """What a reading has met so far; it grows while `read_pairs` is read.

    `rows`: rows after the header, blank lines left out. `pairs`: rows that became pairs.
    `skipped`: reason -> rows. `cleaned`: rows that control characters were taken from.
    """

    rows: int = 0
    pairs: int = 0
    cleaned: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    def skip(self, reason: str) -> None:
        """Count one more row that became no pair."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1


class Lines(Protocol):
    """Bytes by lines, as a binary file has them."""

    def readline(self, size: int, /) -> bytes:
        """The rest of a line with its end, at most `size` bytes; b"" after the last."""
        ...


class RawRow(NamedTuple):
    """1-based line of a row and its bytes; None where it is longer than allowed."""

    line: int
    data: bytes | None


class Form(NamedTuple):
    """What the first row tells of a table: `header` says whether it is one, `width` how many
    columns there are, `at` the places of message and response. `quoted`: whether it is CSV.
    """

    path: str
    quoted: bool
    header: bool
    width: int
    at: tuple[int, int]


def pair_files(path: str | Path) -> dict[str, Path]:
    """Split -> table: a file is `train`, a folder holds tables named as `data.types.SPLIT_OF` says.

    Raises InputError for a file of another ending, a folder without train and two files of a split.
    """
    place = Path(path)
    if not place.is_dir():
        check_ending(place)
        check_plain(place)
        return {"train": place}
    with reading(place):
        names = sorted(entry.name for entry in place.iterdir())
    found = split_tables(names, str(place))
    need_train(found, place)
    return {split: place / found[split] for split in SPLITS if split in found}


def need_train(found: Mapping[str, str], place: str | Path) -> None:
    """Raise InputError where the tables `found` in a folder, by split, lack train."""
    if "train" not in found:
        raise InputError(
            f"{place}: no table of the split train; allowed: train{TABLE_ENDINGS[0]} or another of"
            f" {', '.join(TABLE_ENDINGS)}"
        )


def read_pairs(
    path: str | Path, report: ReadReport | None = None, *, most_bytes: int = MOST_ROW_BYTES
) -> Iterator[Pair]:
    """Pairs of a .tsv or .csv, plain or gzipped, one after the other.

    Two columns, message and response, or a header that names them among others (MESSAGE_COLUMNS,
    RESPONSE_COLUMNS). Rows that make no pair are skipped and counted in `report`: an empty cell, a
    row above `most_bytes`, one that is not UTF-8, one with another number of columns than the
    first. Control characters are taken out, which counts as well.

    Raises InputError at once for a file that cannot be read, and while it is read for damaged gzip
    or CSV, a first row that is not UTF-8 or shows no two columns, a table without any pair, and one
    whose rows are mostly damaged.
    """
    place = Path(path)
    check_ending(place)
    check_plain(place)
    if not 1 <= most_bytes <= MOST_ROW_BYTES:
        raise InputError(f"most_bytes must be a whole number 1..{MOST_ROW_BYTES}, got {most_bytes}")
    return _pairs(place, ReadReport() if report is None else report, most_bytes)


def check_ending(path: str | Path) -> None:
    """Raise InputError for a file that is not named as a table of pairs."""
    if not split_ending(str(path), TABLE_ENDINGS)[1]:
        raise InputError(
            f"{path}: not named as a table of pairs; allowed: {', '.join(TABLE_ENDINGS)}"
        )


def _pairs(path: Path, report: ReadReport, most_bytes: int) -> Iterator[Pair]:
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with reading(path), opened(path, "rb") as packed:
        stream = io.BufferedReader(_Raw(packed, path), _BUFFER_BYTES)
        rows = raw_rows(stream, most_bytes, str(path) if is_quoted(path) else None)
        yield from _table(rows, path, report)


def is_quoted(path: str | Path) -> bool:
    """Whether a table is CSV, by its name."""
    return split_ending(str(path), TABLE_ENDINGS)[1].startswith(".csv")


def _table(rows: Iterator[RawRow], path: Path, report: ReadReport) -> Iterator[Pair]:
    first = next(rows, None)
    form = table_form(first, str(path))
    if first is not None and not form.header:
        yield from found_pairs(first, form, report)
    for row in rows:
        yield from found_pairs(row, form, report)
    check_report(report, path)


def table_form(first: RawRow | None, path: str) -> Form:
    """The form of the table whose first row is `first`, None for none; InputError for no table."""
    if first is None:
        raise InputError(f"{path}: the table is empty; needed: rows of message and response")
    quoted = is_quoted(path)
    cells = _first_cells(first, path, quoted)
    header, at = _columns(cells, path)
    return Form(path, quoted, header, len(cells) if header else 2, at)


def _first_cells(row: RawRow, path: str, quoted: bool) -> list[str]:
    if row.data is None:
        raise InputError(f"{path} row {row.line}: the first row is too long to tell its columns")
    text = _text(row.data)
    if text is None:
        raise InputError(f"{path} row {row.line}: not UTF-8; allowed: UTF-8 text")
    return _cells(CONTROL.sub("", text), row.line, path, quoted)


def _columns(cells: list[str], path: str) -> tuple[bool, tuple[int, int]]:
    """(first row is a header, places of message and response)."""
    names = [cell.strip().lower() for cell in cells]
    message = next((names.index(c) for c in MESSAGE_COLUMNS if c in names), None)
    response = next((names.index(c) for c in RESPONSE_COLUMNS if c in names), None)
    if message is None and response is None and len(names) == 2:
        return False, (0, 1)
    if message is None or response is None:
        raise InputError(
            f"{path}: found the first row {shown(cells)}; allowed: a header with a column named"
            f" {', '.join(MESSAGE_COLUMNS)} and one named {', '.join(RESPONSE_COLUMNS)}, or two"
            " columns (message, response) without a header"
        )
    for column in (names[message], names[response]):
        if names.count(column) > 1:
            raise InputError(
                f"{path}: {names.count(column)} columns are named {column}; allowed: one"
            )
    return True, (message, response)


def found_pairs(row: RawRow, form: Form, report: ReadReport) -> Iterator[Pair]:
    """The pair of a row, or none and a count of why."""
    report.rows += 1
    if row.data is None:
        return report.skip(LONG)
    text = _text(row.data)
    if text is None:
        return report.skip(BROKEN)
    if CONTROL.search(text):
        report.cleaned += 1
        text = CONTROL.sub("", text)
    cells = _cells(text, row.line, form.path, form.quoted)
    if len(cells) != form.width:
        return report.skip(RAGGED)
    pair = Pair(*(" ".join(cells[place].split()) for place in form.at))
    if not all(pair):
        return report.skip(EMPTY)
    report.pairs += 1
    yield pair


def check_report(report: ReadReport, path: str | Path) -> None:
    """Raise InputError for a table that has no pair, or is mostly damaged."""
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(report.skipped.items()))
    if not report.rows:
        raise InputError(f"{path}: a header and no row; needed: rows of message and response")
    if not report.pairs:
        raise InputError(
            f"{path}: none of {report.rows} rows is a pair ({why}); needed: message and response"
        )
    damaged = report.skipped.get(BROKEN, 0) + report.skipped.get(RAGGED, 0)
    if damaged > report.pairs:
        raise InputError(
            f"{path}: {damaged} of {report.rows} rows are damaged ({why}); allowed: less than half"
        )


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _cells(text: str, line: int, path: str, quoted: bool) -> list[str]:
    if not quoted:
        return text.split("\t")
    if '"' not in text:
        return text.split(",")
    try:
        (cells,) = csv.reader([text], strict=True)
        return cells
    except (csv.Error, ValueError) as error:
        reason = str(error).partition(" - ")[0]
        raise InputError(f"{path} row {line}: not valid CSV ({reason})") from None


def raw_rows(
    stream: Lines, most_bytes: int, csv_path: str | None, *, marked: bool = True
) -> Iterator[RawRow]:
    """Rows that are not blank; those of CSV, whose path is given, end where quotes are paired.

    `marked`: whether a byte order mark may begin the stream.
    """
    line, start, odd, long, kept = 1, 1, False, False, bytearray()
    for data, whole in _lines(stream, most_bytes):
        if line == 1 and marked:
            data = data.removeprefix(codecs.BOM_UTF8)
        odd ^= csv_path is not None and data.count(b'"') % 2 == 1
        long = long or len(kept) + len(data) > most_bytes + 2  # an end of line is none of the row
        if not long:
            kept += data
        line += whole
        if not whole or odd:
            continue
        row = bytes(kept.rstrip(b"\r\n"))
        if long or row:
            yield RawRow(start, None if long or len(row) > most_bytes else row)
        start, long, kept = line, False, bytearray()
    if odd:
        raise InputError(f"{csv_path} row {start}: not valid CSV (a quote is never closed)")


def _lines(stream: Lines, most_bytes: int) -> Iterator[tuple[bytes, bool]]:
    """Lines, those above the bound in pieces; whether a line ends here."""
    while data := stream.readline(most_bytes + 3):
        yield data, data.endswith(b"\n") or len(data) < most_bytes + 3
    yield b"", True


class _Raw(io.RawIOBase):
    """Unpacked bytes of a table; raises InputError for what looks like a zip bomb."""

    def __init__(self, stream: io.BufferedIOBase, path: Path) -> None:
        self._stream, self._path = stream, path
        self._packed, self._unpacked = path.stat().st_size, 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as there is data."""
        data = self._stream.read(len(buffer))
        self._unpacked += len(data)
        check_ratio(self._path, self._packed, self._unpacked, RATIO_FLOOR_BYTES)
        buffer[: len(data)] = data
        return len(data)
