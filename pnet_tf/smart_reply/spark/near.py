"""Near messages by Spark: the pairs that `graph.near_pairs` finds, and the edges of them.

Each table of `near_pairs` is a sort: messages come in the order of their drawn bits, a partition at
a time, and each meets the next ones of its bucket. A worker holds one batch, however large a
bucket is.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as f

from ...graph import near_from_either
from ...graph.near import (
    BITS_PER_TABLE,
    MOST_DRAWN,
    MOST_IN_BUCKET,
    TABLES,
    drawn_tables,
    edge_weights,
    near_in_order,
    table_keys,
)
from ..bits import BITS
from ..links import MOST_NEIGHBOURS, link_units
from .arrow import Batches, batch, mapped, matrix, numbers

_FAR = BITS // 4
_SIGN = np.uint64(1 << 63)
_PLACED = "id long, bits binary, part int, bucket int, key long"


def near_messages(messages: DataFrame, seed: int) -> DataFrame:
    """Edges of `links.message_edges`: `id`, `other`, `weight` in `link_units`, in both directions.

    `messages`: `id` and `bits`, BITS of them packed.
    """
    placed = mapped(messages.select("id", "bits"), _placed, _PLACED, seed)
    ordered = placed.repartition("part", "bucket").sortWithinPartitions("part", "key", "id")
    pairs = mapped(ordered, _near, "i long, j long, distance int").dropDuplicates(["i", "j"])
    rank = f.row_number().over(Window.partitionBy("id").orderBy("distance", "other"))
    near = _ends(pairs, "distance").withColumn("rank", rank)
    near = near.where(f.col("rank") <= MOST_NEIGHBOURS)
    low, high = f.least("id", "other").alias("i"), f.greatest("id", "other").alias("j")
    once = near.select(low, high, "distance").distinct()
    weights = link_units(edge_weights(np.arange(_FAR + 1), BITS)).tolist()
    weight = f.element_at(f.array(*map(f.lit, weights)), f.col("distance") + 1).cast("long")
    return _ends(once.withColumn("weight", weight), "weight")


def _ends(pairs: DataFrame, value: str) -> DataFrame:
    """Pairs `i`, `j` in both directions, `id` and `other`; a union would make the pairs twice."""
    there = f.struct(f.col("i").alias("id"), f.col("j").alias("other"), value)
    back = f.struct(f.col("j").alias("id"), f.col("i").alias("other"), value)
    return pairs.select(f.explode(f.array(there, back)).alias("end")).select("end.*")


def _placed(batches: Batches, seed: int) -> Batches:
    """Each message once for every table, with its bucket and its place there."""
    tables = drawn_tables(BITS, TABLES, seed)
    for rows in batches:
        bits = matrix(rows, "bits", np.uint8, BITS // 8)
        for number, drawn in enumerate(tables):
            keys = table_keys(bits, drawn)
            bucket = keys >> np.uint64(MOST_DRAWN - BITS_PER_TABLE)
            yield batch(
                id=rows.column("id"), bits=rows.column("bits"),
                part=pa.array(np.full(len(keys), number, np.int32)),
                bucket=pa.array(bucket.astype(np.int32)),
                key=pa.array((keys ^ _SIGN).view(np.int64)),  # unsigned order of signed numbers
            )  # fmt: skip


def _near(batches: Batches) -> Batches:
    """Pairs of rows that are near in the order of a table."""
    ids, bits = np.empty(0, np.int64), np.empty((0, BITS // 16), np.uint16)
    buckets = np.empty(0, np.int64)
    for rows in batches:
        old = len(ids)
        bucket = numbers(rows, "part").astype(np.int64) << MOST_DRAWN // 2 | numbers(rows, "bucket")
        ids = np.concatenate([ids, numbers(rows, "id")])
        bits = np.concatenate([bits, matrix(rows, "bits", np.uint16, BITS // 16)])
        buckets = np.concatenate([buckets, bucket])
        i, j, distance = near_in_order(bits, buckets, MOST_IN_BUCKET, _FAR)
        new = j >= old  # the others have met before
        yield _nearest(ids, i[new], j[new], distance[new])
        last = slice(1 - MOST_IN_BUCKET, None)
        ids, bits, buckets = ids[last], bits[last], buckets[last]


def _nearest(ids: np.ndarray, i: np.ndarray, j: np.ndarray, distance: np.ndarray) -> pa.RecordBatch:
    """The pairs, once each, that may be edges: what is far among some is far among all."""
    ordered, rank = np.unique(ids, return_inverse=True)
    codes = np.minimum(rank[i], rank[j]) * len(ids) + np.maximum(rank[i], rank[j])
    codes, first = np.unique(codes, return_index=True)
    low, high, far = codes // max(len(ids), 1), codes % max(len(ids), 1), distance[first]
    kept = near_from_either(low, high, far, len(ids), MOST_NEIGHBOURS)
    return batch(i=pa.array(ordered[low[kept]]), j=pa.array(ordered[high[kept]]),
                 distance=pa.array(far[kept].astype(np.int32)))  # fmt: skip
