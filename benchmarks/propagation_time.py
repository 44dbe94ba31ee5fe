"""Time and peak memory of `propagate` as a graph grows, beside scikit-learn's LabelSpreading.

    python benchmarks/propagation_time.py [--edges 10000 30000] [--json FILE] [--page FILE]

Random graphs of E edges among E / 10 nodes, one node in ten a seed; ten labels, all of them kept,
or up to a thousand, ten kept a node. Each figure is that of a fresh process: the peak of what a
short run allocates beyond the graph and the seeds, then seconds of one step, from a short and a
long run. LabelSpreading gets the same sparse matrix, and no graph for which its dense scores would
be more than `MOST_DENSE`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from outputs import add_outputs, write_outputs

from pnet_tf.graph import Graph, Seeds, make_graph, make_seeds, propagate

EDGES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
LABELS = (10, 1000)
MOST_DENSE = 10_000_000
SHORT, LONG, LONG_OF_LARGE, LARGE = 2, 52, 12, 300_000


@dataclass(frozen=True)
class Time:
    """Seconds of a step and peak MiB of `method` on a graph of `edges` edges."""

    method: str
    edges: int
    nodes: int
    labels: int
    step_s: float
    peak_mib: float


def problem(edges: int, labels: int) -> tuple[Graph, Seeds]:
    """A random graph of about `edges` edges, and its seeds."""
    random = np.random.default_rng(0)
    nodes = edges // 10
    ends = random.integers(0, nodes, (2, edges))
    graph = make_graph(*ends, random.random(edges), nodes=[str(node) for node in range(nodes)])
    chosen = random.permutation(nodes)[: nodes // 10]
    return graph, make_seeds(chosen, [f"label {at % labels}" for at in range(len(chosen))])


def ours(graph: Graph, seeds: Seeds) -> Callable[[int], None]:
    """`propagate` for so many steps; it makes one more product, for the last objective."""
    return lambda steps: [propagate(graph, seeds, most_steps=steps, tolerance=0), None][1]


def theirs(graph: Graph, seeds: Seeds) -> Callable[[int], None]:
    """LabelSpreading for so many iterations."""
    from scipy.sparse import csr_matrix
    from sklearn.semi_supervised import LabelSpreading

    affinity = csr_matrix(graph.weights, dtype=np.float64)
    number = {label: at for at, label in enumerate(sorted(set(seeds.labels)))}
    known = np.full(len(graph.nodes), -1)
    known[[int(node) for node in seeds.nodes]] = [number[label] for label in seeds.labels]
    points = np.zeros((len(known), 1))

    def run(steps: int) -> None:
        model = LabelSpreading(kernel=lambda *points: affinity, max_iter=steps, tol=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it has not converged, as it should not
            model.fit(points, known)

    return run


METHODS = {"propagate": ours, "LabelSpreading": theirs}


def measure(method: str, edges: int, labels: int) -> Time:
    """One run for memory, two for time."""
    graph, seeds = problem(edges, labels)
    run = METHODS[method](graph, seeds)
    peak, seconds = _peak_mib(lambda: run(SHORT)), []
    most = LONG_OF_LARGE if edges >= LARGE else LONG
    for steps in (SHORT, most):
        start = time.perf_counter()
        run(steps)
        seconds.append(time.perf_counter() - start)
    step_s = (seconds[1] - seconds[0]) / (most - SHORT)
    found = len(set(seeds.labels))
    return Time(method, graph.edges, len(graph.nodes), found, step_s, peak)


def _peak_mib(run: Callable[[], None]) -> float:
    """Of what Python and NumPy allocate while `run` runs."""
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def apart(method: str, edges: int, labels: int) -> Time:
    """`measure` in a process of its own."""
    command = [sys.executable, __file__, "--one", method, str(edges), str(labels)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Time(**json.loads(done.stdout))


def page(rows: list[Time]) -> str:
    """Both methods side by side, a row a graph."""
    lines = ["# Time and memory of propagation", "", "    python benchmarks/propagation_time.py "
             "--json results/propagation_time.json --page results/propagation_time.md", "",
             "Seconds a step (2 slow cores, shared with other work) and peak MiB beyond the graph; "
             "ratio of the seconds.", "",
             "| edges | labels | `propagate`, s | MiB | LabelSpreading, s | MiB | ratio |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    other = {(row.edges, row.labels): row for row in rows if row.method != "propagate"}
    for row in (row for row in rows if row.method == "propagate"):
        beside = other.get((row.edges, row.labels))
        more = ("-", "-", "-") if beside is None else (
            f"{beside.step_s:.4f}", f"{beside.peak_mib:.0f}", f"{row.step_s / beside.step_s:.2f}"
        )  # fmt: skip
        lines.append(f"| {row.edges:,} | {row.labels:,} | {row.step_s:.4f} | {row.peak_mib:.0f} | "
                     f"{' | '.join(more)} |")  # fmt: skip
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edges", type=int, nargs="+", default=EDGES)
    add_outputs(parser)
    parser.add_argument("--one", nargs=3, metavar=("METHOD", "EDGES", "LABELS"))
    args = parser.parse_args()
    if args.one:
        method, edges, labels = args.one
        print(json.dumps(asdict(measure(method, int(edges), int(labels)))))
        return
    rows = [
        apart(method, edges, labels)
        for labels in LABELS for edges in args.edges for method in METHODS
        if method == "propagate" or edges // 10 * labels <= MOST_DENSE
    ]  # fmt: skip
    write_outputs(args, rows, page(rows))


if __name__ == "__main__":
    main()
