"""Tables of labelled text: .csv and .tsv, plain or gzipped, alone or as a folder of splits."""

import codecs
import csv
import io
import json
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from ..errors import InputError
from . import limits
from .formats import Format, files_ending_in
from .labels import label_problem
from .limits import shown
from .replies import REPLIES_FILE, parse_replies
from .soft import SoftLabel, soft_label
from .types import SPLIT_OF, Part, Source, object_array

TABLE_ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
LABEL_COLUMNS = ("label", "intent", "class", "category", "target")
TEXT_COLUMNS = ("text", "message", "sentence", "utterance", "query")
REPLY_COLUMNS = ("reply", "response")
SOFT_COLUMN = "soft"


@dataclass(frozen=True)
class Table:
    """Rows of a table: label, text and 1-based line number of each.

    `soft`: shares of several labels, None for a row without; None for a table without the column.
    """

    name: str
    labels: list[str]
    texts: list[str]
    lines: list[int]
    soft: list[SoftLabel | None] | None


def split_ending(name: str, endings: Sequence[str]) -> tuple[str, str]:
    """(stem, ending) in lower case; the ending is "" when it is none of `endings`."""
    lowered = name.lower()
    ending = max((e for e in endings if lowered.endswith(e)), key=len, default="")
    return lowered[: len(lowered) - len(ending)], ending


def read_table(path: Path, wanted: Collection[str], task: str | None) -> Source:
    """A single table: everything in it is train, whatever is wanted."""
    table = parse_table(_read(path), str(path))
    chosen = task or "classification"
    return Source("text", chosen, {"train": _part(table, chosen)}, single=True)


def is_table_folder(folder: Path) -> bool:
    """Whether `folder` holds anything that is named as a split's table, or as replies."""
    return folder.is_dir() and any(_split_of(entry.name) for entry in folder.iterdir())


def read_table_folder(folder: Path, wanted: Collection[str], task: str | None) -> Source:
    """The tables train, valid and test in `folder`, and replies beside them."""
    names = sorted(entry.name for entry in folder.iterdir())
    chosen = task or "classification"
    return read_tables(names, lambda name: _read(folder / name), str(folder), wanted, chosen)


def read_tables(
    names: Sequence[str],
    read: Callable[[str], bytes],
    title: str,
    wanted: Collection[str],
    task: str,
) -> Source:
    """As `read_table_folder`, for files that `read` gives the unpacked bytes of."""
    found = split_tables(names, title)
    parts = {
        split: _part(parse_table(read(name), f"{title}/{name}"), task)
        for split, name in found.items()
        if split in SPLIT_OF.values() and split in wanted
    }
    replies: dict[str, tuple[str, ...]] = {}
    roles: dict[str, str] = {}
    if "train" in wanted and (name := found.get("replies")):
        where = f"{title}/{name}"
        if name.lower() == REPLIES_FILE:
            replies, roles = parse_replies(_decode(read(name), where), where)
        else:
            replies = _replies(parse_table(read(name), where, REPLY_COLUMNS))
    return Source("text", task, parts, replies, roles)


def split_tables(names: Sequence[str], title: str) -> dict[str, str]:
    """File name of each split and of "replies"; InputError when two files claim one split."""
    found: dict[str, str] = {}
    for name in names:
        split = _split_of(name)
        if split is None:
            continue
        if split in found:
            raise InputError(f"{title}: both {found[split]} and {name} hold {split}; allowed: one")
        found[split] = name
    return found


def _split_of(name: str) -> str | None:
    """What the file name says the table holds: a split, "replies" or nothing of use."""
    if name.lower() == REPLIES_FILE:
        return "replies"
    stem, ending = split_ending(name, TABLE_ENDINGS)
    if not ending:
        return None
    return stem if stem == "replies" else SPLIT_OF.get(stem)


def parse_table(data: bytes, name: str, text_columns: Sequence[str] = TEXT_COLUMNS) -> Table:
    """Labels and texts of a table; columns by name, or label and text when there is no header.

    White space around a label is dropped, texts stay as they are, empty lines are skipped. When a
    header has several label or text columns, the first name of LABEL_COLUMNS or `text_columns`
    counts. Raises InputError that names the line.
    """
    rows = _rows(data, name)
    first = next(rows, None)
    if first is None:
        raise InputError(f"{name}: the table is empty; needed: rows of label and text")
    columns = _columns(first[1], name, text_columns)
    table = Table(name, [], [], [], None if columns.soft is None else [])
    for line, cells in rows if columns.header else chain([first], rows):
        _append(table, line, cells, columns, len(first[1]))
    if not table.lines:
        raise InputError(f"{name}: a header and no row; needed: rows of label and text")
    return table


def read_texts(path: Path) -> np.ndarray:
    """The texts of a table without need of labels, object array [N] of str, empty ones too.

    A column named as TEXT_COLUMNS says, or the only one of a table without a header. Raises
    InputError that names the row.
    """
    name = str(path)
    rows = _rows(_read(path), name)
    _, first = next(rows, (0, []))
    names = [cell.strip().lower() for cell in first]
    column = next((names.index(c) for c in TEXT_COLUMNS if c in names), None)
    if column is None and len(names) != 1:
        raise InputError(
            f"{name}: no text column, the first row is {shown(first)}; allowed: a header with a "
            f"column named {', '.join(TEXT_COLUMNS)}, or one column without a header"
        )
    texts = [first[0]] if column is None else []
    for line, cells in rows:
        _check_width(name, line, cells, len(first))
        texts.append(cells[column or 0])
    return object_array(texts)


def _rows(data: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """1-based line and cells of each row that is not empty, by the ending of `name`."""
    content = _decode(data, name)
    quoted = split_ending(name, TABLE_ENDINGS)[1].startswith(".csv")
    return _csv_rows(content, name) if quoted else _tsv_rows(content)


def _check_width(name: str, line: int, cells: list[str], width: int) -> None:
    if len(cells) != width:
        raise InputError(
            f"{name} row {line}: found {len(cells)} columns; allowed: {width} as in row 1"
        )


def _read(path: Path) -> bytes:
    return limits.read_bounded(path, limits.MAX_TABLE_BYTES)


def _decode(data: bytes, name: str) -> str:
    data = data.removeprefix(codecs.BOM_UTF8)
    nul = data.find(b"\0")
    if nul >= 0:
        raise InputError(f"{name} row {_line(data, nul)}: found a NUL byte; allowed: UTF-8 text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} row {_line(data, error.start)}: byte 0x{data[error.start]:02x} is not UTF-8;"
            " allowed: UTF-8 text"
        ) from None


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _csv_rows(content: str, name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{name} row {line}: not valid CSV ({error})") from None


def _tsv_rows(content: str) -> Iterator[tuple[int, list[str]]]:
    for line, row in enumerate(content.split("\n"), 1):
        row = row.removesuffix("\r")
        if row:
            yield line, row.split("\t")


@dataclass(frozen=True)
class _Columns:
    """Whether the first row is a header, and the place of each column."""

    header: bool
    label: int
    text: int
    soft: int | None = None


def _columns(cells: list[str], name: str, text_columns: Sequence[str]) -> _Columns:
    names = [cell.strip().lower() for cell in cells]
    label = next((names.index(c) for c in LABEL_COLUMNS if c in names), None)
    text = next((names.index(c) for c in text_columns if c in names), None)
    if label is None and text is None and len(names) == 2:
        return _Columns(False, 0, 1)
    if label is not None and text is not None:
        soft = names.index(SOFT_COLUMN) if SOFT_COLUMN in names else None
        _check_once(names, [at for at in (label, text, soft) if at is not None], name)
        return _Columns(True, label, text, soft)
    missing, columns = ("text", text_columns) if text is None else ("label", LABEL_COLUMNS)
    raise InputError(
        f"{name}: no {missing} column, the first row is {shown(cells)}; allowed: a header with a"
        f" column named {', '.join(columns)}, or two columns (label, text) without a header"
    )


def _check_once(names: list[str], chosen: Sequence[int], name: str) -> None:
    for column in (names[at] for at in chosen):
        if names.count(column) > 1:
            raise InputError(
                f"{name}: {names.count(column)} columns are named {column}; allowed: one"
            )


def _append(table: Table, line: int, cells: list[str], columns: _Columns, width: int) -> None:
    _check_width(table.name, line, cells, width)
    label, text = cells[columns.label].strip(), cells[columns.text]
    problem = label_problem(label)
    if problem or not text.strip():
        found = f"label {problem}" if problem else "text is empty; allowed: any other"
        raise InputError(f"{table.name} row {line}: the {found}")
    table.labels.append(label)
    table.texts.append(text)
    table.lines.append(line)
    if table.soft is not None and columns.soft is not None:
        table.soft.append(_soft(cells[columns.soft], f"{table.name} row {line}: the soft label"))


def _soft(cell: str, title: str) -> SoftLabel | None:
    if not cell.strip():
        return None
    try:
        return soft_label(json.loads(cell), title)
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{title} is {shown(cell)}; allowed: JSON") from None


def _part(table: Table, task: str) -> Part:
    inputs = object_array(table.texts)
    if task == "classification":
        return Part(inputs, object_array(table.labels), table.soft)
    values = [_number(table.name, *pair) for pair in zip(table.lines, table.labels, strict=True)]
    return Part(inputs, np.array(values, dtype=np.float32)[:, None])


def _number(name: str, line: int, label: str) -> float:
    try:
        value = float(label)
    except ValueError:
        value = math.nan
    if not abs(value) <= float(np.finfo(np.float32).max):
        raise InputError(
            f"{name} row {line}: the label is {shown(label)}; allowed: a finite number (regression)"
        )
    return value


def _replies(table: Table) -> dict[str, tuple[str, ...]]:
    replies: dict[str, tuple[str, ...]] = {}
    for line, label, reply in zip(table.lines, table.labels, table.texts, strict=True):
        if problem := label_problem(reply):
            raise InputError(f"{table.name} row {line}: the reply {problem}")
        replies[label] = (*replies.get(label, ()), reply)
    return replies


TABLE = Format(
    "table",
    f"a file {', '.join(TABLE_ENDINGS)} with columns label and text",
    files_ending_in(TABLE_ENDINGS),
    read_table,
    TABLE_ENDINGS,
)
TABLE_FOLDER = Format(
    "table folder",
    f"a folder of train/valid/test tables ({', '.join(TABLE_ENDINGS)})",
    is_table_folder,
    read_table_folder,
)
