"""Soft labels of messages by Spark, and the rows of the tables."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as f

from .. import messages
from ..intents import Intents
from ..pairs import Pair
from ..progress import DRAWING, UNLABELLED, labelling
from ..rows import Bound, Draw, Row, pair_hash, train_row, true_row
from .arrow import Batches, Keep, batch, mapped, texts

if TYPE_CHECKING:
    from .work import SparkWork

_LABELLED = (
    "block long, place long, message string, response string, soft string, placed boolean, "
    "hash long"
)
_ALL = 1 << 63
_TOLD_EVERY = 5000
_T = TypeVar("_T")
_PREFIX = 47
"""Bits below the 16 by which hashes of silent pairs are counted first."""


def own_shares(edges: DataFrame, intents: Intents) -> DataFrame:
    """`messages.shares` of messages' own responses: `id`, `intent`, `share`."""
    weights = messages.weights(intents).tolist()
    placed = [(column, place, weights[column])
              for column, place in enumerate(intents.of.tolist()) if place >= 0]  # fmt: skip
    session = edges.sparkSession
    known = session.createDataFrame(placed, "column int, intent int, counts long")
    found = edges.join(f.broadcast(known), "column")
    own = found.groupBy("id", "intent").agg(f.sum(f.col("n") * f.col("counts")).alias("value"))
    total = own.withColumn("total", f.sum("value").over(Window.partitionBy("id")))
    share = f.expr(f"value * {messages.SHARE_UNIT} div total").alias("share")
    return total.select("id", "intent", share)


def soft_labels(own: DataFrame, near: DataFrame, intents: Intents, keep: Keep) -> DataFrame:
    """`id` of the messages with an intent and `soft`, JSON of their `messages.soft_label`."""
    labelled = own.select("id").distinct()
    others = labelled.withColumnRenamed("id", "other")
    among = keep(near.join(labelled, "id").join(others, "other"))
    around = keep(among.groupBy("id").agg(f.sum("weight").alias("around")))
    scores = own.withColumnRenamed("share", "score")
    for _ in range(messages.STEPS):
        scores = _carried(own, scores, among, around)
    both = scores.select("id", "intent", "score", f.lit(0).alias("share"))
    both = both.union(own.select("id", "intent", f.lit(0), "share"))
    sums = (f.sum(name).alias(name) for name in ("score", "share"))
    lists = both.groupBy("id", "intent").agg(*sums)
    columns = ("intent", "score", "share")
    rows = lists.groupBy("id").agg(*(f.collect_list(name).alias(name) for name in columns))
    return mapped(rows, _soft, "id long, soft string", intents.names)


def _carried(own: DataFrame, scores: DataFrame, among: DataFrame, around: DataFrame) -> DataFrame:
    """`messages.carried`."""
    sent = scores.select(f.col("id").alias("other"), "intent", "score")
    flow = among.join(sent, "other").select(
        "id", "intent", (f.col("weight") * f.col("score")).alias("value")
    )
    kept = own.select("id", "intent", (f.col("share") * messages.OWN_UNITS).alias("value"))
    total = kept.union(flow).groupBy("id", "intent").agg(f.sum("value").alias("value"))
    whole = f.coalesce("around", f.lit(0)) + messages.OWN_UNITS
    found = total.join(around, "id", "left").withColumn("whole", whole)
    found = found.select("id", "intent", f.expr("value div whole").alias("score"))
    return found.where(f.col("score") >= messages.LEAST_CARRIED)


def _soft(batches: Batches, names: tuple[str, ...]) -> Batches:
    for rows in batches:
        lists = [rows.column(name).to_pylist() for name in ("intent", "score", "share")]
        found = [json.dumps(_label(places, scores, shares, names))
                 for places, scores, shares in zip(*lists, strict=True)]  # fmt: skip
        yield batch(id=rows.column("id"), soft=pa.array(found, pa.string()))


def _label(
    places: list[int], scores: list[int], shares: list[int], names: tuple[str, ...]
) -> dict[str, float]:
    score = {place: value for place, value in zip(places, scores, strict=True) if value}
    own = {place: value for place, value in zip(places, shares, strict=True) if value}
    return messages.soft_label(score, own, names)


class SparkLabelled:
    """See `engine.Labelled`."""

    def __init__(
        self, work: SparkWork, soft: DataFrame, keys: tuple[str, ...], intents: Intents,
        most: tuple[int, int], seed: int,
    ) -> None:  # fmt: skip
        self._work = work
        placed = zip(keys, intents.of.tolist(), strict=True)
        self._intent_of = {key: intents.names[place] for key, place in placed if place >= 0}
        session = work.session
        known = session.createDataFrame([(key,) for key in self._intent_of], "key string")
        self._placed = f.broadcast(known.withColumn("placed", f.lit(True)))
        labelled = work.pairs("train").join(soft, "id", "left").join(self._placed, "key", "left")
        columns = ("block", "place", "message", "response", "soft", "placed")
        found = work.keep(mapped(labelled.select(*columns), _hashed, _LABELLED, seed))
        with_intent = f.col("soft").isNotNull()
        self._rows = found.where(with_intent & f.col("placed")).select(*columns[:5])
        self._silent = found.where(~with_intent).select(*columns[:5], "hash")
        work.watch(DRAWING, 0)
        self.silent = self._silent.count()
        self.mixed = found.where(with_intent & f.col("placed").isNull()).count()
        work.watch(DRAWING, self.silent, self.silent)
        self._draw = Draw(
            silent_bound(self._silent, self.silent, most[0]),
            silent_bound(self._silent, self.silent, sum(most)),
        )

    def rows(self, split: str, what: str | None = None) -> Iterator[Row]:
        """See `engine.Labelled`."""
        rows = self._train() if split == "train" else self._true(split)
        return self._told(rows, what or labelling(split))

    def unlabelled(self) -> Iterator[str]:
        """See `engine.Labelled`."""
        drawn = self._within(self._draw.all)
        others = drawn.join(self._within(self._draw.rows), ["block", "place"], "left_anti")
        return self._told((row.message for row in _in_order(others)), UNLABELLED)

    def _told(self, found: Iterator[_T], what: str) -> Iterator[_T]:
        """`found`, of which the watch is told."""
        number = 0
        for item in found:
            if number % _TOLD_EVERY == 0:
                self._work.watch(what, number)
            number += 1
            yield item
        self._work.watch(what, number, number)

    def _within(self, bound: Bound) -> DataFrame:
        """The silent pairs of a bound."""
        below = self._silent.where(f.col("hash") < bound.limit).drop("hash")
        at = self._silent.where(f.col("hash") == bound.limit).drop("hash")
        return below.union(at.orderBy("block", "place").limit(bound.at_limit))

    def _train(self) -> Iterator[Row]:
        both = self._rows.union(self._within(self._draw.rows))
        for _, _, message, response, soft in _in_order(both):
            pair = Pair(message, response)
            yield true_row(pair, None) if soft is None else train_row(pair, json.loads(soft))

    def _true(self, split: str) -> Iterator[Row]:
        pairs = self._work.pairs(split).select("block", "place", "message", "response", "key")
        for _, _, message, response, key in _in_order(pairs):
            yield true_row(Pair(message, response), self._intent_of.get(key))


def _in_order(rows: DataFrame) -> Iterator[Any]:
    """Rows as their pairs lie in the table; the driver holds a partition of them, and the next."""
    return rows.orderBy("block", "place").toLocalIterator(prefetchPartitions=True)


def _hashed(batches: Batches, seed: int) -> Batches:
    for rows in batches:
        pairs = map(Pair, texts(rows, "message"), texts(rows, "response"))
        hashes = pa.array([pair_hash(pair, seed) for pair in pairs], pa.int64())
        yield pa.RecordBatch.from_arrays([*rows.columns, hashes], [*rows.schema.names, "hash"])


def silent_bound(silent: DataFrame, number: int, most: int) -> Bound:
    """The bound of the `most` smallest hashes of `number`, as in `rows.silent_draw`, in two looks:
    at the first bits of hashes, and at those of one prefix.
    """
    if not most or not number:
        return Bound(0, 0)
    if number <= most:
        return Bound(_ALL - 1, number)
    prefix = f.shiftright("hash", _PREFIX)
    first, left = _reached(silent.groupBy(prefix).count(), most)
    return Bound(*_reached(silent.where(prefix == first).groupBy("hash").count(), left))


def _reached(counts: DataFrame, most: int) -> tuple[int, int]:
    """The value at which so many are reached, the smallest first, and how many of it that takes."""
    found = sorted(map(tuple, counts.collect()))
    ends = list(accumulate(count for _, count in found))
    place = bisect_left(ends, most)
    value, count = found[place]
    return value, most - ends[place] + count
