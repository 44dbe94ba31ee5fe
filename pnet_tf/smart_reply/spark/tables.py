"""Tables of pairs as data frames: read by Spark, parsed by the functions that one machine uses.

A pair is a row of PAIR: `block` and `place` order the pairs of a table as they lie in it, `part` is
the place of its split in SPLITS, `key` the normal form of the response, `id` the `message_id` and
`folded` the hash of the message but for case.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import NamedTuple

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from ...data.tables import split_tables
from ...data.types import SPLITS
from ...errors import InputError
from ..corpus import hash_of, message_id, message_key
from ..normal import normal_form
from ..pairs import (
    MOST_ROW_BYTES,
    Form,
    Pair,
    ReadReport,
    check_ending,
    check_report,
    found_pairs,
    is_quoted,
    need_train,
    raw_rows,
    table_form,
)
from ..source import split_of_key
from .arrow import Batches, batch, mapped, numbers

PAIR = (
    "block long, place long, part int, message string, response string, key string, id long, "
    "folded long"
)
_WITH_REPORT = f"{PAIR}, report string"
_GATHERED = 1 << 12
_FIRST_LINES = 100
_HALF = 1 << 63


class Placed(NamedTuple):
    """A pair and where it lies; `part` -1: by the hash of its message."""

    block: int
    place: int
    part: int
    pair: Pair


def spark_files(session: SparkSession, path: str) -> dict[str, str]:
    """Split -> table, as `pair_files` has them, of any path that Spark can list.

    Raises InputError for what is no table, and no folder that holds train.
    """
    rows = list_files(session, path).select("path").collect()
    names = sorted(row[0].rpartition("/")[2] for row in rows)
    whole = path.rstrip("/")
    if names == [whole.rpartition("/")[2]]:
        check_ending(path)
        return {"train": path}
    found = split_tables(names, path)
    need_train(found, path)
    return {split: f"{whole}/{found[split]}" for split in SPLITS if split in found}


def list_files(session: SparkSession, path: str) -> DataFrame:
    """`path`, `length` and `modificationTime` of a file, or of those in a folder; not read."""
    try:
        return session.read.format("binaryFile").load(path)
    except AnalysisException:
        raise InputError(f"{path}: no such file or folder that Spark can read") from None


def read_table(session: SparkSession, path: str, part: int) -> DataFrame:
    """The pairs of a table, and rows whose `report` is not null: what a partition has met.

    Plain TSV is split among workers. CSV, whose quotes go over lines, and gzip are read by one.
    """
    lines = session.read.option("lineSep", "\n").text(path)
    first = lines.where(f.rtrim("value") != "").limit(_FIRST_LINES).collect()
    quoted = is_quoted(path)
    stream = _Lines((0, 0, row[0].encode("utf-8", "replace")) for row in first)
    form = table_form(next(raw_rows(stream, MOST_ROW_BYTES, path if quoted else None), None), path)
    placed = lines.select(
        f.col("value").cast("binary").alias("value"),
        f.col("_metadata.file_block_start").alias("block"),
        f.monotonically_increasing_id().alias("place"),
    )
    if quoted:
        placed = placed.repartition(1).sortWithinPartitions("block", "place")
    return mapped(placed, _parsed, _WITH_REPORT, form, part)


def listed_pairs(session: SparkSession, pairs: Iterable[Placed]) -> DataFrame:
    """Pairs in memory as `read_table` has them."""
    rows = [(block, place, part, *pair) for block, place, part, pair in pairs]
    schema = "block long, place long, part int, message string, response string"
    return mapped(session.createDataFrame(rows, schema), _completed, _WITH_REPORT)


def table_report(frame: DataFrame, path: str) -> ReadReport:
    """What the reading of a table has met; raises InputError as `read_pairs` does at its end."""
    total = ReadReport()
    rows = frame.where("report is not null").select("block", "place", "report").collect()
    for row in sorted(rows):
        found = json.loads(row.report)
        if problem := found.pop("problem"):
            raise InputError(problem)
        total.rows += found["rows"]
        total.pairs += found["pairs"]
        total.cleaned += found["cleaned"]
        for reason, number in found["skipped"].items():
            total.skipped[reason] = total.skipped.get(reason, 0) + number
    check_report(total, path)
    return total


class _Lines:
    """Lines of a partition as a binary file has them; `at` tells where a line lay."""

    def __init__(self, lines: Iterable[tuple[int, int, bytes]]) -> None:
        self._lines, self._left = iter(lines), b""
        self._read, self._places = 0, deque[tuple[int, int, int]]()

    def readline(self, size: int, /) -> bytes:
        """At most `size` bytes of a line."""
        if not self._left and (line := next(self._lines, None)) is not None:
            self._read += 1
            self._places.append((self._read, line[0], line[1]))
            self._left = line[2] + b"\n"
        data, self._left = self._left[:size], self._left[size:]
        return data

    def at(self, line: int) -> tuple[int, int]:
        """Block and place of a line, which are then forgotten, as are those before."""
        while self._places[0][0] < line:
            self._places.popleft()
        return self._places[0][1:]


def _parsed(batches: Batches, form: Form, part: int) -> Batches:
    report = ReadReport()
    lines = _Lines(_lines(batches))
    problem, last = "", (0, 0)

    def found() -> Iterator[Placed]:
        nonlocal problem, last
        first = True
        try:
            for row in raw_rows(lines, MOST_ROW_BYTES, form.path if form.quoted else None,
                                marked=False):  # fmt: skip
                last = lines.at(row.line)
                if first and form.header and last[0] == 0:
                    first = False
                    continue
                first = False
                for pair in found_pairs(row, form, report):
                    yield Placed(*last, part, pair)
        except InputError as error:
            problem = str(error)

    yield from _batches(found())
    told = json.dumps({**asdict(report), "problem": problem})
    yield _reports([told], last)


def _completed(batches: Batches) -> Batches:
    for part in batches:
        rows = part.to_pylist()
        yield from _batches(
            Placed(row["block"], row["place"], row["part"], Pair(row["message"], row["response"]))
            for row in rows
        )


def _lines(batches: Batches) -> Iterator[tuple[int, int, bytes]]:
    for part in batches:
        blocks, places = numbers(part, "block").tolist(), numbers(part, "place").tolist()
        yield from zip(blocks, places, part.column("value").to_pylist(), strict=True)


def _batches(pairs: Iterable[Placed]) -> Batches:
    rest = iter(pairs)
    while rows := list(islice(rest, _GATHERED)):
        keys = [message_key(row.pair.message) for row in rows]
        parts = [SPLITS.index(split_of_key(key)) if row.part < 0 else row.part
                 for row, key in zip(rows, keys, strict=True)]  # fmt: skip
        yield batch(
            block=pa.array([row.block for row in rows], pa.int64()),
            place=pa.array([row.place for row in rows], pa.int64()),
            part=pa.array(parts, pa.int32()),
            message=pa.array([row.pair.message for row in rows], pa.string()),
            response=pa.array([row.pair.response for row in rows], pa.string()),
            key=pa.array([normal_form(row.pair.response) for row in rows], pa.string()),
            id=pa.array([message_id(key) for key in keys], pa.int64()),
            folded=pa.array([hash_of(row.pair.message.casefold()) - _HALF for row in rows],
                            pa.int64()),
            report=pa.nulls(len(rows), pa.string()),
        )  # fmt: skip


def _reports(reports: list[str], at: tuple[int, int]) -> pa.RecordBatch:
    none = {name: pa.nulls(1, kind) for name, kind in (
        ("part", pa.int32()), ("message", pa.string()), ("response", pa.string()),
        ("key", pa.string()), ("id", pa.int64()), ("folded", pa.int64()),
    )}  # fmt: skip
    block, place = (pa.array([value], pa.int64()) for value in at)
    return batch(block=block, place=place, **none, report=pa.array(reports, pa.string()))
