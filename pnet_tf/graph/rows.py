"""Rows of large tables of names: piece by piece, so that text never lies in memory as a whole."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data import limits
from ..data.limits import open_bounded, shown
from ..errors import InputError

MOST_LINE_BYTES = 1 << 16
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Form:
    """What a table holds: `columns`, the last of which may be missing; `heads`, words of a header.

    The first row is a header when its first two cells are, in any case, among the two of `heads`.
    """

    columns: tuple[str, str, str]
    heads: tuple[tuple[str, ...], tuple[str, ...]]

    def described(self) -> str:
        """The columns, for a message."""
        first, second, third = self.columns
        return f"{first}, {second}, perhaps {third}"


@dataclass(frozen=True, eq=False)
class Rows:
    """Some rows: `columns` of text without white space around it, 1-based `lines` of the rows."""

    columns: tuple[Sequence[str], ...]
    lines: np.ndarray


def read_rows(path: Path, form: Form) -> Iterator[Rows]:
    """The rows of a table, some at a time; commas between cells of a .csv, tabs in any other file.

    A name that ends in .gz is unpacked, empty lines are skipped. Raises InputError that names the
    row for bytes that are no UTF-8, a line that is too long or another number of columns than in
    the first row.
    """
    commas = path.name.lower().endswith((".csv", ".csv.gz"))
    packed = path.name.lower().endswith(".gz")
    width = 0
    with open_bounded(path, limits.MAX_TABLE_BYTES, packed) as stream:
        for first, data in _pieces(stream, path):
            text = _decoded(data, first, path)
            if width and not commas and _is_even(data, width):
                yield _even_rows(text, first, width)
                continue
            cells, numbers = _cells(text.split("\n"), first, commas, path)
            if cells and not width:
                width = _width(cells[0], form, numbers[0], commas, path)
                if _is_header(cells[0], form):
                    del cells[0], numbers[0]
            if cells:
                yield Rows(_columns(cells, width, numbers, path), np.array(numbers, np.int64))


def read_numbers(cells: Sequence[str], lines: np.ndarray, path: Path, what: str) -> np.ndarray:
    """`cells` as float64; InputError that names the row of one that is no number."""
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        row = next(row for row, cell in enumerate(cells) if not _is_number(cell))
        raise InputError(
            f"{path} row {lines[row]}: the {what} is {shown(cells[row])}; allowed: a number"
        ) from None


def _pieces(stream: limits.BoundedStream, path: Path) -> Iterator[tuple[int, bytes]]:
    """(number of the first line, whole lines without the last break), in order."""
    line, rest = 1, b""
    while data := stream.read(_PIECE_BYTES):
        whole, found, rest = (rest + data).rpartition(b"\n")
        if found:
            yield line, whole
            line += whole.count(b"\n") + 1
        if len(rest) > MOST_LINE_BYTES:
            raise InputError(
                f"{path} row {line}: longer than the {MOST_LINE_BYTES} bytes allowed in a row"
            )
    if rest:
        yield line, rest


def _decoded(data: bytes, first: int, path: Path) -> str:
    if first == 1:
        data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        row = first + data.count(b"\n", 0, error.start)
        raise InputError(
            f"{path} row {row}: byte 0x{data[error.start]:02x} is not UTF-8; allowed: UTF-8 text"
        ) from None


def _is_even(data: bytes, width: int) -> bool:
    """Whether each line has `width` cells with tabs between."""
    marks = np.frombuffer(data, np.uint8)
    marks = marks[(marks == ord("\t")) | (marks == ord("\n"))]
    breaks = np.arange(1, len(marks) + 1) % width == 0
    return len(marks) % width == width - 1 and np.array_equal(marks == ord("\n"), breaks)


def _even_rows(text: str, first: int, width: int) -> Rows:
    """All cells by one split, several times as quick as line by line."""
    cells = text.replace("\n", "\t").split("\t")
    columns = tuple([cell.strip() for cell in cells[at::width]] for at in range(width))
    return Rows(columns, np.arange(first, first + len(columns[0])))


def _cells(
    lines: list[str], first: int, commas: bool, path: Path
) -> tuple[list[list[str]], list[int]]:
    """Cells of each line that is not empty, and its number."""
    if not commas:
        numbers = [number for number, line in enumerate(lines, first) if line not in ("", "\r")]
        return [lines[number - first].split("\t") for number in numbers], numbers
    reader = csv.reader(lines, strict=True)
    cells, numbers = [], []
    try:
        for row in reader:
            if row:
                cells.append(row)
                numbers.append(first + reader.line_num - 1)
    except csv.Error as error:
        row_number = first + max(reader.line_num, 1) - 1
        raise InputError(f"{path} row {row_number}: not valid CSV ({error})") from None
    return cells, numbers


def _width(cells: list[str], form: Form, line: int, commas: bool, path: Path) -> int:
    if len(cells) not in (2, 3):
        between = "commas" if commas else "tabs"
        raise InputError(
            f"{path} row {line}: found {len(cells)} columns; allowed: 2 or 3 with {between} "
            f"between ({form.described()})"
        )
    return len(cells)


def _is_header(cells: list[str], form: Form) -> bool:
    first, second = (cell.strip().lower() for cell in cells[:2])
    return first in form.heads[0] and second in form.heads[1]


def _columns(
    cells: list[list[str]], width: int, lines: list[int], path: Path
) -> tuple[Sequence[str], ...]:
    for line, row in zip(lines, cells, strict=True):
        if len(row) != width:
            raise InputError(
                f"{path} row {line}: found {len(row)} columns; allowed: {width} as in the first row"
            )
    return tuple([cell.strip() for cell in column] for column in zip(*cells, strict=True))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
