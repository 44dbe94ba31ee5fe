"""Answered messages by Spark: their vectors, edges, and what responses have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as f
from scipy.sparse import csr_array

from .. import links
from ..bits import COLUMNS, units
from ..corpus import message_key
from ..intents import Intents
from ..progress import ANSWERED, COMPARING
from .arrow import Batches, batch, binary, mapped, matrix, numbers, texts
from .label import SparkLabelled, own_shares, soft_labels
from .near import near_messages

if TYPE_CHECKING:
    from .work import SparkWork

_SUMS = "column int, number long, sums binary"


class SparkAnswered:
    """`engine.Answered`: `edges` has `id`, `column`, `n` and, in LINK_UNIT, `damped`."""

    def __init__(self, work: SparkWork, places: Mapping[str, int], seed: int) -> None:
        self._work, self._keys, self._seed = work, tuple(places), seed
        session = work.session
        placed = session.createDataFrame(list(places.items()), "key string, column int")
        found = work.pairs("train").join(f.broadcast(placed), "key")
        counted = found.groupBy("id", "column").agg(f.count("*").alias("n"))
        often = f.count("*").over(Window.partitionBy("id"))
        self._edges = work.keep(
            mapped(counted.withColumn("often", often), _damped, "id long, column int, n long, "
                   "damped long")
        )  # fmt: skip
        texts_of = found.groupBy("id").agg(f.min("message").alias("message"))
        raw = work.keep(mapped(texts_of, _vectors, "id long, vector binary", seed))
        self.messages, mean = _mean(raw)
        work.watch(ANSWERED, self.messages, self.messages)
        work.watch(COMPARING, 0, self.messages)
        schema = "id long, vector binary, bits binary"
        self._vectors = work.keep(mapped(raw, _away, schema, mean, seed))
        self._near = work.keep(near_messages(self._vectors, seed))
        self._near.count()  # makes it, so that whoever watches sees what takes the time
        work.watch(COMPARING, self.messages, self.messages)

    def contexts(self) -> tuple[np.ndarray, np.ndarray]:
        """See `engine.Answered`."""
        joined = self._edges.select("id", "column").join(self._vectors.select("id", "vector"), "id")
        parts = mapped(joined.select("column", "vector"), _summed, _SUMS)
        found = mapped(parts.repartition("column"), _added, _SUMS)
        sums = np.zeros((len(self._keys), COLUMNS), np.int64)
        number = np.zeros(len(self._keys), np.int64)
        for column, count, data in found.toLocalIterator():
            sums[column], number[column] = np.frombuffer(data, np.int64), count
        return sums, number

    def common(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """See `engine.Answered`."""
        own = self._edges.select("id", "column", (f.col("damped") * links.LINK_UNIT).alias("value"))
        edges = self._edges.select(f.col("id").alias("other"), "column", "damped")
        around = self._near.join(edges, "other")
        around = around.select("id", "column", (f.col("weight") * f.col("damped")).alias("value"))
        entries = own.union(around).groupBy("id", "column").agg(f.sum("value").alias("value"))
        rows = entries.groupBy("id").agg(
            f.collect_list("column").alias("columns"), f.collect_list("value").alias("values")
        )
        parts = mapped(rows.select("columns", "values"), _overlaps, "place long, product long",
                       len(self._keys), i, j)  # fmt: skip
        found = np.zeros(len(i), np.int64)
        for place, product in parts.groupBy("place").sum("product").toLocalIterator():
            found[place] = product
        return found

    def label(self, intents: Intents, most_silent: int, most_unlabelled: int) -> SparkLabelled:
        """See `engine.Answered`."""
        own = self._work.keep(own_shares(self._edges, intents))
        soft = self._work.keep(soft_labels(own, self._near, intents, self._work.keep))
        most = most_silent, most_unlabelled
        return SparkLabelled(self._work, soft, self._keys, intents, most, self._seed)


def _damped(batches: Batches) -> Batches:
    for rows in batches:
        yield batch(id=rows.column("id"), column=rows.column("column"), n=rows.column("n"),
                    damped=pa.array(links.damped(numbers(rows, "often"))))  # fmt: skip


def _vectors(batches: Batches, seed: int) -> Batches:
    for rows in batches:
        found = units(list(map(message_key, texts(rows, "message"))), seed)
        yield batch(id=rows.column("id"), vector=binary(found))


def _mean(vectors: DataFrame) -> tuple[int, np.ndarray]:
    """Number of vectors, and `links.middle` of them."""
    total, number = np.zeros(COLUMNS, np.int64), 0
    every = vectors.select(f.lit(0).alias("column"), "vector")
    for _, count, data in mapped(every, _summed, _SUMS).toLocalIterator():
        total, number = total + np.frombuffer(data, np.int64), number + count
    return number, links.middle(total, number)


def _away(batches: Batches, mean: np.ndarray, seed: int) -> Batches:
    for rows in batches:
        found = links.away(matrix(rows, "vector", np.int16, COLUMNS), mean)
        bits = np.packbits(links.message_bits(found, seed), axis=1)
        yield batch(id=rows.column("id"), vector=binary(found), bits=binary(bits))


def _summed(batches: Batches) -> Batches:
    """Sums of vectors by column."""
    return _sums(batches, "vector", np.int16)


def _added(batches: Batches) -> Batches:
    """Sums of such sums."""
    return _sums(batches, "sums", np.int64)


def _sums(batches: Batches, name: str, dtype: type) -> Batches:
    sums: dict[int, np.ndarray] = {}
    number: dict[int, int] = {}
    for rows in batches:
        columns, place = np.unique(numbers(rows, "column"), return_inverse=True)
        values = matrix(rows, name, dtype, COLUMNS).astype(np.int64)
        ones = np.ones(len(place), np.int64)
        counts = numbers(rows, "number") if "number" in rows.schema.names else ones
        joins = csr_array((ones, (place, np.arange(len(place)))))
        total, often = joins @ values, joins @ counts
        for row, column in enumerate(columns.tolist()):
            sums[column] = sums[column] + total[row] if column in sums else total[row]
            number[column] = number.get(column, 0) + int(often[row])
    if sums:
        yield batch(column=pa.array(list(sums), pa.int32()),
                    number=pa.array(list(number.values()), pa.int64()),
                    sums=binary(np.stack(list(sums.values()))))  # fmt: skip


def _overlaps(batches: Batches, responses: int, i: np.ndarray, j: np.ndarray) -> Batches:
    total = np.zeros(len(i), np.int64)
    for rows in batches:
        columns, values = rows.column("columns"), rows.column("values")
        data = np.asarray(values.flatten().to_numpy())
        bounds = np.concatenate([[0], np.cumsum(columns.value_lengths().to_numpy())])
        answered = csr_array((data, columns.flatten().to_numpy(), bounds),
                             (rows.num_rows, responses))  # fmt: skip
        total += links.overlaps(links.rounded(answered), i, j)
    kept = np.flatnonzero(total)
    yield batch(place=pa.array(kept), product=pa.array(total[kept]))
