"""Time of training from a graph as it grows, beside the same training without it.

    python benchmarks/graph_training_time.py [--edges 10000 100000] [--json FILE] [--page FILE]

Random graphs of E edges among E / 10 nodes of 32 numbers and ten classes; one node in ten has a
label. The student has 32 functions x 8 bits and one linear layer, a batch 128 examples. Each row is
of a fresh process: seconds of label propagation, of all that the graph asks for before training
(propagation, nodes matched with examples, edges between these), of drawing an epoch's neighbours,
of the whole plan, and of the quickest epoch, which other work on the machine disturbs least.
Without the graph the same rows are examples, those without a label too, so that there are as many
steps.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from outputs import add_outputs, write_outputs

from pnet_tf import Dataset, Graph, make_dataset, make_graph, make_settings, plan_fit, propagate
from pnet_tf.graph import make_seeds
from pnet_tf.training.graph import draw_neighbours, graph_examples, make_input_graph

EDGES = (10_000, 100_000, 1_000_000)
SETTINGS = {
    "projection": {"name": "structured", "functions": 32, "bits": 8},
    "head": {"name": "linear"},
    "trainer": {"name": "none"},
    "schedule": {"epochs": 8, "batch_size": 128},
}


@dataclass(frozen=True)
class Time:
    """Seconds, and peak MiB of the process; `with_graph` or the same training without it."""

    edges: int
    nodes: int
    with_graph: bool
    propagation_s: float
    graph_s: float
    draw_s: float
    plan_s: float
    epoch_s: float
    peak_mib: float


def problem(edges: int) -> tuple[Dataset, Graph, np.ndarray]:
    """Rows of which one in ten has a label, a random graph of about `edges` edges, its inputs."""
    random, nodes = np.random.default_rng(0), edges // 10
    classes = np.arange(nodes) % 10
    inputs = random.normal(size=(nodes, 32)) + 2 * random.normal(size=(10, 32))[classes]
    graph = make_graph(*random.integers(0, nodes, (2, edges)), nodes=list(map(str, range(nodes))))
    labels = [int(c) if at % 100 < 10 else None for at, c in enumerate(classes)]
    return make_dataset(inputs, labels, valid=(inputs[:100], classes[:100])), graph, inputs


def measure(edges: int, with_graph: bool) -> Time:
    """One plan and its epochs."""
    data, graph, inputs = problem(edges)
    settings = make_settings("dense", SETTINGS)
    given = make_input_graph(graph, inputs, data) if with_graph else None
    parts = graph_seconds(data, graph, given, settings) if given else (0.0, 0.0, 0.0)
    plan, plan_s = timed(lambda: plan_fit(data, settings, graph=given))
    epoch_s = min(row["seconds"] for row in plan.run().history)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Time(graph.edges, len(inputs), with_graph, *parts, plan_s, epoch_s, peak)


def graph_seconds(data: Dataset, graph: Graph, given: Any, settings: Any) -> tuple[float, ...]:
    """Of propagation, of all before training, of one draw."""
    at = np.flatnonzero(data.train.targets >= 0)
    seeds = make_seeds(at, [data.labels[target] for target in data.train.targets[at]])
    _, propagation_s = timed(lambda: propagate(graph, seeds, labels=data.labels))
    found, graph_s = timed(lambda: graph_examples(data, given, settings.graph))
    _, draw_s = timed(lambda: draw_neighbours(found.weights, np.random.default_rng(0)))
    return propagation_s, graph_s, draw_s


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What `call` gives, and its seconds."""
    start = time.perf_counter()
    return call(), time.perf_counter() - start


def apart(edges: int, with_graph: bool) -> Time:
    """`measure` in a process of its own."""
    command = [sys.executable, __file__, "--one", str(edges), str(int(with_graph))]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Time(**json.loads(done.stdout.splitlines()[-1]))


def page(rows: list[Time]) -> str:
    """A row a graph, the ratios beside it."""
    lines = ["# Time of training from a graph", "", "    python benchmarks/graph_training_time.py "
             "--json results/graph_training_time.json --page results/graph_training_time.md", "",
             "Seconds (2 slow cores, shared with other work; of eight epochs the quickest), peak "
             "MiB of the process, and beside them the same training without the graph.", "",
             "| edges | nodes | propagation | all of the graph | a draw | plan | without | epoch | "
             "without | ratio | MiB | without |", "|" + "---|" * 12]  # fmt: skip
    for row, alone in zip(rows[::2], rows[1::2], strict=True):
        lines.append(
            f"| {row.edges:,} | {row.nodes:,} | {row.propagation_s:.2f} | {row.graph_s:.2f} | "
            f"{row.draw_s:.3f} | {row.plan_s:.2f} | {alone.plan_s:.2f} | {row.epoch_s:.2f} | "
            f"{alone.epoch_s:.2f} | {row.epoch_s / alone.epoch_s:.2f} | {row.peak_mib:.0f} | "
            f"{alone.peak_mib:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edges", type=int, nargs="+", default=EDGES)
    add_outputs(parser)
    parser.add_argument("--one", type=int, nargs=2, metavar=("EDGES", "WITH"))
    args = parser.parse_args()
    if args.one:
        print(json.dumps(asdict(measure(args.one[0], bool(args.one[1])))))
        return
    rows = [apart(edges, with_graph) for edges in args.edges for with_graph in (True, False)]
    write_outputs(args, rows, page(rows))


if __name__ == "__main__":
    main()
