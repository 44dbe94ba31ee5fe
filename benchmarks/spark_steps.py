"""What the steps of the Spark engine cost a worker: CPU time and bytes a row, without Spark.

    python benchmarks/spark_steps.py PAIRS.tsv

Each task runs on one core over batches as Spark hands them out. Compression, joins and sorts of
Spark itself are not in it. Needs the extra `spark`, no Java.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from pnet_tf.smart_reply.bits import COLUMNS
from pnet_tf.smart_reply.pairs import MOST_ROW_BYTES, raw_rows, read_pairs, table_form
from pnet_tf.smart_reply.spark import answered, counts, label, near, tables

ROWS, BATCH = 20_000, 10_000
Batches = list[pa.RecordBatch]


def sliced(batches: Iterable[pa.RecordBatch]) -> Batches:
    """The same rows in batches as large as those of Spark."""
    whole = pa.Table.from_batches(list(batches)).combine_chunks()
    return whole.to_batches(max_chunksize=BATCH)


def timed(name: str, task: Callable[[Iterator[pa.RecordBatch]], Iterable[pa.RecordBatch]],
          batches: Batches) -> Batches:  # fmt: skip
    """Print CPU time and bytes that come out, a row that goes in; give what comes out."""
    start = time.process_time()
    found = list(task(iter(batches)))
    seconds = time.process_time() - start
    rows = sum(part.num_rows for part in batches)
    size = sum(part.nbytes for part in found)
    print(f"{name:<10} {seconds / rows * 1e6:8.1f} us {size / rows:8.0f} bytes a row of {rows}")
    return found


def main() -> None:
    """Measure on the first ROWS pairs of a table."""
    path = sys.argv[1]
    with Path(path).open("rb") as stream:
        form = table_form(next(raw_rows(stream, MOST_ROW_BYTES, None)), path)
        stream.seek(0)
        lines = [line.rstrip(b"\n") for line in islice(stream, ROWS)]
    table = pa.RecordBatch.from_pydict({
        "value": pa.array(lines, pa.binary()), "block": pa.array([0] * len(lines), pa.int64()),
        "place": pa.array(range(len(lines)), pa.int64()),
    })  # fmt: skip
    read = timed("parse", partial(tables._parsed, form=form, part=-1), sliced([table]))
    pairs = sliced([part for part in read if part.column("report").null_count == part.num_rows])
    timed("words", counts._words, pairs)
    timed("hash", partial(label._hashed, seed=0), pairs)

    timed("vectors", partial(answered._vectors, seed=0), pairs[:1])  # draws the projection
    vectors = timed("vectors", partial(answered._vectors, seed=0), pairs)
    _, place = np.unique(np.concatenate([part.column("id") for part in pairs]), return_index=True)
    different = sliced(pa.Table.from_batches(vectors).take(place).to_batches())
    mean = np.zeros(COLUMNS, np.int64)
    away = timed("away", partial(answered._away, mean=mean, seed=0), different)
    placed = timed("tables", partial(near._placed, seed=0), sliced(away))
    order = [("part", "ascending"), ("key", "ascending"), ("id", "ascending")]
    ordered = sliced(pa.Table.from_batches(placed).sort_by(order).to_batches())
    timed("near", near._near, ordered)
    lists = {name: pa.array([[1, 2]] * ROWS) for name in ("intent", "score", "share")}
    rows = pa.RecordBatch.from_pydict({"id": pa.array(range(ROWS)), **lists})
    timed("soft", partial(label._soft, names=("a", "b", "c")), sliced([rows]))
    size = sum(len(json.dumps(pair)) for pair in islice(read_pairs(path), ROWS)) / ROWS
    print(f"a pair is {size:.0f} bytes of text")


if __name__ == "__main__":
    main()
