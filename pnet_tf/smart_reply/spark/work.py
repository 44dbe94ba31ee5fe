"""The engine of many machines: every step that grows with the pairs is one of Apache Spark."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from ...data.types import SPLITS
from ...errors import InputError, WorkError
from ..engine import Watch
from ..pairs import ReadReport, read_pairs
from ..progress import ANSWERED, COUNTING, READING
from ..source import SAMPLE, SAMPLE_FILE, given_pairs
from ..stages import Stages, digest
from ..wanted import pairs_digest
from .answered import SparkAnswered
from .counts import SparkCounts
from .tables import Placed, list_files, listed_pairs, read_table, spark_files, table_report

_HASHED = -1


class SparkEngine:
    """Works on a cluster through `session`, or through the session that there is, or a new one."""

    def __init__(self, session: SparkSession | None = None) -> None:
        self._session = session

    def digest(self, pairs: Any) -> str:
        """See `engine.Engine`."""
        if not isinstance(pairs, str | Path) or pairs == SAMPLE:
            return pairs_digest(pairs)
        columns = ("path", "modificationTime", "length")
        rows = list_files(self._started(), str(pairs)).select(*columns).collect()
        return digest("\t".join(map(str, row)) for row in sorted(rows))

    @contextmanager
    def open(self, pairs: Any, watch: Watch, stages: Stages | None = None) -> Iterator[SparkWork]:
        """See `engine.Engine`; what the workers have done is not kept in `stages`."""
        work = SparkWork(self._started(), pairs, watch)
        try:
            yield work
        except (PySparkException, Py4JError) as error:
            raise WorkError(f"Spark could not do a step: {_reason(error)}") from error
        finally:
            work.close()

    def _started(self) -> SparkSession:
        self._session = self._session or _own_session()
        return self._session


class SparkWork:
    """See `engine.Work`."""

    def __init__(self, session: SparkSession, pairs: Any, watch: Watch) -> None:
        self.session, self.watch = session, watch
        self.skipped: dict[str, ReadReport] = {}
        self._kept: list[DataFrame] = []
        self._read: dict[str, DataFrame] = {}
        self._files: dict[str, str] = {}
        self._lists: Mapping[str, Any] = {}
        self.title, self.divided = "pairs", False
        if pairs == SAMPLE:
            self.title, self.divided = SAMPLE, True
            self.skipped["train"] = ReadReport()
            self._lists = {"train": read_pairs(SAMPLE_FILE, self.skipped["train"])}
        elif isinstance(pairs, str | Path):
            self.title = str(pairs)
            self._files = spark_files(session, self.title)
            self.divided = self._files == {"train": self.title}
        else:
            found = given_pairs(pairs)
            self.divided = not isinstance(found, Mapping)
            self._lists = found if isinstance(found, Mapping) else {"train": found}
        self.splits = SPLITS if self.divided else tuple(self._files or self._lists)

    def close(self) -> None:
        """Give back what the cluster keeps."""
        for frame in self._kept:
            frame.unpersist()

    def keep(self, frame: DataFrame) -> DataFrame:
        """`frame`, kept in the memory or on the disks of the workers until `close`."""
        self._kept.append(frame.persist())
        return frame

    def pairs(self, split: str) -> DataFrame:
        """The pairs of a split, `tables.PAIR`."""
        found = self._table("train" if self.divided else split)
        return found.where(f.col("part") == SPLITS.index(split))

    def count(self) -> SparkCounts:
        """See `engine.Work`."""
        train = self.pairs("train")
        self.watch(COUNTING, 0)
        counts = SparkCounts(train, self.keep)
        self.watch(COUNTING, counts.pairs, counts.pairs)
        return counts

    def answered(self, places: Mapping[str, int], seed: int) -> SparkAnswered:
        """See `engine.Work`."""
        self.watch(ANSWERED, 0)
        return SparkAnswered(self, places, seed)

    def _table(self, split: str) -> DataFrame:
        if split not in self._read:
            self._read[split] = self._new_table(split).where("report is null").drop("report")
        return self._read[split]

    def _new_table(self, split: str) -> DataFrame:
        part = _HASHED if self.divided else SPLITS.index(split)
        if split in self._lists:
            rows = (Placed(0, n, part, pair) for n, pair in enumerate(self._lists[split]))
            return self.keep(listed_pairs(self.session, rows))
        if split == "train":
            self.watch(READING, 0)
        frame = self.keep(read_table(self.session, self._files[split], part))
        report = self.skipped[split] = table_report(frame, self._files[split])
        if split == "train":
            self.watch(READING, report.pairs, report.pairs)
        return frame


def _own_session() -> SparkSession:
    """The active session, or a new one; InputError where Spark cannot start."""
    # a launcher such as spark-submit has made the JVM already
    if not SparkSession.getActiveSession() and "PYSPARK_GATEWAY_PORT" not in os.environ:
        home = os.environ.get("JAVA_HOME")
        if not shutil.which(str(Path(home, "bin", "java")) if home else "java"):
            raise InputError(
                "the engine spark needs Java 17 or later and found none; install it, or set "
                "JAVA_HOME to where it is"
            )
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("pnet-tf")
    try:
        # the command has its own line, and Spark its own page
        return builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
    except (PySparkException, Py4JError) as error:
        raise InputError(
            f"Spark cannot start: {_reason(error)}; needed: Java 17 or later, and a master that "
            "can be reached"
        ) from None


def _reason(error: Exception) -> str:
    """The first line of what Spark says, that of the Java exception where there is one."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
