"""Size, time and memory of coded weights beside HAM, sHAM, SciPy's CSC and the dense product.

    python benchmarks/coded_products.py [--size 4096] [--values 32] [--json FILE] [--page FILE]

Random matrices, a share of zeros, the other weights equally likely among some values. All times of
a row are of one run, the products in turn in each of its rounds, the least of each kept. HAM
and sHAM are counted as `pnet_tf.coded.ham` counts them, with canonical codes and the smallest
indices for the second figure of sHAM; they are not timed, as they are here in Python alone. Memory
is what a product allocates, by tracemalloc, which NumPy tells of its arrays, and what the process
grows by at its peak, in a process of its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from outputs import add_outputs, write_outputs
from scipy.sparse import csc_matrix

from pnet_tf.coded.frequencies import entropy_bits
from pnet_tf.coded.ham import ham_bytes, sham_bytes
from pnet_tf.coded.matrix import CodedMatrix, encode_matrix
from pnet_tf.coded.patterns import read_weights

ZEROS = (0.0, 0.5, 0.9, 0.99, 0.999)
BATCH = 64
KINDS = ("constant", "flat", "dense", "gaps")


@dataclass(frozen=True)
class Row:
    """Bytes and milliseconds at one share of zeros; `entropy_bytes` of the weights one by one."""

    zeros: float
    size: int
    values: int
    kind: str
    coded_bytes: int
    entropy_bytes: int
    ham_bytes: int
    sham_bytes: int
    sham_least_bytes: int
    csc_bytes: int
    dense_ms: float
    coded_ms: float
    csc_ms: float
    dense_batch_ms: float
    coded_batch_ms: float
    traced_kib: float
    grown_mib: float


def matrix(size: int, values: int, zeros: float) -> np.ndarray:
    """Float32 [size, size], seed 0."""
    random = np.random.default_rng(0)
    weights = random.normal(size=values).astype(np.float32)[
        random.integers(0, values, (size, size), np.uint16)
    ]
    weights[random.random((size, size), np.float32) < zeros] = 0
    return weights


def least_ms(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The least time of each, all of them in turn in every round."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: min(found[1:]) for name, found in times.items()}  # the first one compiles


def traced_kib(run: Callable[[], object]) -> float:
    """Peak of what NumPy and Python allocate meanwhile."""
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1024


def grown_mib(data: bytes) -> float:
    """What the peak of a fresh process grows by in a product, compiled loops loaded before."""
    command = [sys.executable, __file__, "--memory"]
    return float(subprocess.run(command, input=data, check=True, capture_output=True).stdout)


def memory() -> None:
    """Read a matrix from standard input, multiply and print the growth in MiB."""
    random = np.random.default_rng(0)
    coded = CodedMatrix.from_bytes(sys.stdin.buffer.read())
    small = matrix(256, 32, 0.9)
    small @ encode_matrix(small)
    small[0] @ encode_matrix(small)
    x = random.normal(size=coded.shape[0]).astype(np.float32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    x @ coded
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


def measure(size: int, values: int, zeros: float, rounds: int) -> Row:
    """One row."""
    dense = matrix(size, values, zeros)
    coded, weights, sparse = encode_matrix(dense), read_weights(dense), csc_matrix(dense)
    random = np.random.default_rng(1)
    x = random.normal(size=size).astype(np.float32)
    batch = random.normal(size=(BATCH, size)).astype(np.float32)
    ms = least_ms({"dense": lambda: x @ dense, "coded": lambda: x @ coded,
                   "csc": lambda: x @ sparse}, rounds)  # fmt: skip
    many = least_ms({"dense": lambda: batch @ dense, "coded": lambda: batch @ coded}, rounds // 4)
    data, least = coded.to_bytes(), sham_bytes(weights)
    return Row(
        zeros, size, values, KINDS[coded.tables.kind], len(data),
        int(entropy_bits(weights.counts) / 8), ham_bytes(weights), *least,
        sparse.data.nbytes + sparse.indices.nbytes + sparse.indptr.nbytes,
        ms["dense"], ms["coded"], ms["csc"], many["dense"], many["coded"],
        traced_kib(lambda: x @ coded), grown_mib(data),
    )  # fmt: skip


def page(rows: list[Row]) -> str:
    """Two tables: bytes, then times and memory."""
    size, values = rows[0].size, rows[0].values
    lines = ["# Coded weights", "", "    python benchmarks/coded_products.py --json "
             "results/compression/coded_products.json --page results/compression/coded_products.md",
             "", f"{size} x {size}, {values} values and zeros, float32. Bytes; HAM and sHAM with "
             "canonical dictionaries and shape, sHAM with words and with the fewest bits for "
             "indices.", "",
             "| zeros % | kind | coded | entropy | of it | HAM | sHAM, b = 32 | sHAM, least "
             "| CSC |", "|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    lines += [
        f"| {100 * row.zeros:g} | {row.kind} | {row.coded_bytes:,} | {row.entropy_bytes:,} | "
        f"{row.coded_bytes / row.entropy_bytes:.4f} | {row.ham_bytes:,} | {row.sham_bytes:,} | "
        f"{row.sham_least_bytes:,} | {row.csc_bytes:,} |"
        for row in rows
    ]
    lines += ["", "Products, ms, least of several rounds in turn (2 slow cores, shared with other "
              f"work): a vector and {BATCH} rows; what one vector product allocates and what the "
              "process grows by. The dense matrix takes "
              f"{4 * size * size / 2**20:g} MiB.", "",
              f"| zeros % | dense | coded | of dense | CSC | dense, {BATCH} | coded, {BATCH} | "
              "of dense | KiB | grown, MiB |",
              "|---|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    lines += [
        f"| {100 * row.zeros:g} | {row.dense_ms:.2f} | {row.coded_ms:.2f} | "
        f"{row.coded_ms / row.dense_ms:.2f} | {row.csc_ms:.2f} | {row.dense_batch_ms:.1f} | "
        f"{row.coded_batch_ms:.1f} | {row.coded_batch_ms / row.dense_batch_ms:.2f} | "
        f"{row.traced_kib:.0f} | {row.grown_mib:.1f} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--values", type=int, default=32)
    parser.add_argument("--zeros", type=float, nargs="+", default=ZEROS)
    parser.add_argument("--rounds", type=int, default=40)
    add_outputs(parser)
    parser.add_argument("--memory", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.memory:
        memory()
        return
    rows = [measure(args.size, args.values, zeros, args.rounds) for zeros in args.zeros]
    write_outputs(args, rows, page(rows))


if __name__ == "__main__":
    main()
