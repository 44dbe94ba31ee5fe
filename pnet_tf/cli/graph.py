"""`propagate`: labels along the edges of a graph."""

from __future__ import annotations

from typing import Any

import click

from ..console.graph import show_propagation
from ..options import given
from ..watches import StepWatch
from .parts import Command, check_no_run_file, give, json_option


@click.command(cls=Command)
@click.argument("graph")
@click.argument("seeds")
@click.option("--out", required=True, metavar="FILE", help="Table to write, or .npz.")
@click.option("--seed-weight", type=float, metavar="W", help="Weight of the seeds [default: 1].")
@click.option("--neighbour-weight", type=float, metavar="W",
              help="Weight of the edges [default: 0.1].")  # fmt: skip
@click.option("--prior-weight", type=float, metavar="W",
              help="Weight of the uniform distribution [default: 0.01].")  # fmt: skip
@click.option("--labels", "most_labels", type=int, metavar="K",
              help="Labels kept for a node [default: 10].")  # fmt: skip
@click.option("--steps", "most_steps", type=int, metavar="N", help="At most N steps "
              "[default: 200].")  # fmt: skip
@click.option("--tolerance", type=float, metavar="X",
              help="Stop when a step changes no score by as much [default: 0.0001].")  # fmt: skip
@click.option("--normalise", is_flag=True, help="Divide weights by the root of both nodes' sums.")
@click.option("--abandonment", is_flag=True, help="Let mixed neighbourhoods pass on less.")
@json_option
def propagate(graph: str, seeds: str, out: str, json_path: str | None, **options: Any) -> None:
    """Carry the labels of SEEDS (rows node, label) over the edges of GRAPH (source, target)."""
    from ..graph import propagate_files

    check_no_run_file(out, "--out")
    with StepWatch() as watch:
        report = propagate_files(graph, seeds, out, watch=watch, **given(**options))
    give(report, json_path, lambda: show_propagation(report))
