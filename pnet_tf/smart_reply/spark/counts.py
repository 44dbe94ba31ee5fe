"""Counts of responses and words by Spark: those of `counts.Counts`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import TracebackType

import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as f

from ...errors import InputError
from ..counts import LONGEST_COUNTED, MOST_SURFACES
from ..names import Names, is_capitalised, words_counted, words_within
from .arrow import Batches, Keep, batch, mapped, texts

_WORDS_GATHERED = 1 << 18


class SparkCounts:
    """`inventory.ResponseCounts` of the pairs `train`.

    What is asked of one response is fetched at once for all that are as frequent as `frequent` was
    asked for: the driver holds these alone, at most MOST_SURFACES forms of each.
    """

    def __init__(self, train: DataFrame, keep: Keep) -> None:
        short = f.length("response") <= LONGEST_COUNTED
        numbers = train.agg(
            f.count("*"), f.count_if(~short), f.count_if(short & (f.col("key") == ""))
        ).first()
        self.pairs, self.long, self.wordless = map(int, numbers)
        if not self.pairs:
            raise InputError("there is no pair; needed: pairs of message and response")
        self._counted = train.where(short & (f.col("key") != ""))
        self._surfaces = keep(
            self._counted.groupBy("key", f.col("response").alias("surface"))
            .agg(f.count("*").alias("n"))
        )  # fmt: skip
        self._totals = self._surfaces.groupBy("key").agg(f.sum("n").alias("n"))
        schema = "word string, n long, named int"
        found = mapped(train.select("message", "response"), _words, schema)
        self._words = keep(found.groupBy("word", "named").agg(f.sum("n").alias("n")))
        self._fewest = 1
        self._known: dict[str, dict[str, int]] = {}
        self._spread: dict[str, int] | None = None
        self._counts: dict[str, int] = {}

    def __enter__(self) -> SparkCounts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        pass  # the work gives back what was kept

    def frequent(self, fewest: int) -> Iterator[tuple[str, int]]:
        """See `counts.Counts`."""
        self._fewest = fewest
        found = self._totals.where(f.col("n") >= fewest).orderBy(f.desc("n"), "key")
        yield from found.toLocalIterator()

    def rare(self, fewest: int, examples: int) -> tuple[int, int, list[tuple[str, int]]]:
        """See `counts.Counts`."""
        rare = self._totals.where(f.col("n") < fewest)
        responses, pairs = rare.agg(f.count("*"), f.coalesce(f.sum("n"), f.lit(0))).first()
        first = rare.orderBy(f.desc("n"), "key").limit(examples)
        found = [(row.key, row.n) for row in first.collect()]
        self._known |= self._forms(first.select("key"))
        return responses, pairs, found

    def surfaces(self, key: str) -> Mapping[str, int]:
        """See `counts.Counts`."""
        if key not in self._known:
            self._load()
        return self._known[key]

    def messages(self, key: str) -> int:
        """See `counts.Counts`."""
        if self._spread is None:
            self._load()
        return (self._spread or {})[key]

    def names(self) -> Names:
        """See `counts.Counts`."""
        capital = f.sum(f.col("n") * f.col("named"))
        within, capitals = self._words.agg(f.sum("n"), capital).first()
        share = (capitals or 0) / max(within or 0, 1)
        return Names(lambda word: self._counts.get(word, 0), share)

    def _load(self) -> None:
        """Forms, messages and words of the frequent responses."""
        keys = self._totals.where(f.col("n") >= self._fewest).select("key")
        self._known |= self._forms(keys)
        spread = self._counted.join(keys, "key").groupBy("key")
        self._spread = dict(map(tuple, spread.agg(f.countDistinct("folded")).collect()))
        asked = {word for forms in self._known.values() for text in forms
                 for word in words_counted(text)}  # fmt: skip
        session = self._words.sparkSession
        wanted = session.createDataFrame([(word,) for word in sorted(asked)], "word string")
        found = self._words.join(f.broadcast(wanted), "word")
        self._counts = {row.word: row.n for row in found.collect()}

    def _forms(self, keys: DataFrame) -> dict[str, dict[str, int]]:
        """Key -> surface -> count, the most frequent first."""
        order = Window.partitionBy("key").orderBy(f.desc("n"), "surface")
        ranked = self._surfaces.join(keys, "key").withColumn("rank", f.row_number().over(order))
        rows = ranked.where(f.col("rank") <= MOST_SURFACES).collect()
        found: dict[str, dict[str, int]] = {}
        for row in sorted(rows, key=lambda row: row["rank"]):
            found.setdefault(row.key, {})[row.surface] = row.n
        return found


def _words(batches: Batches) -> Batches:
    counted: Counter[str] = Counter()
    for part in batches:
        for text in (*texts(part, "message"), *texts(part, "response")):
            counted.update(words_within(text))
        if len(counted) > _WORDS_GATHERED:
            yield _word_batch(counted)
            counted = Counter()
    yield _word_batch(counted)


def _word_batch(counted: Mapping[str, int]) -> pa.RecordBatch:
    named = [int(is_capitalised(word)) for word in counted]
    return batch(word=pa.array(list(counted), pa.string()),
                 n=pa.array(list(counted.values()), pa.int64()),
                 named=pa.array(named, pa.int32()))  # fmt: skip
