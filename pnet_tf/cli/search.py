"""`bits`: how many bits some data needs."""

from __future__ import annotations

from typing import Any

import click

from ..console.search import show_sweep
from ..errors import InputError, WorkError
from ..names import QUANTIZATIONS
from ..options import given
from ..watches import SweepWatch
from .parts import Command, Named, give, json_option


@click.command(cls=Command)
@click.argument("data", required=False)
@click.option("--out", required=True, metavar="FOLDER", help="Folder of the sweep.")
@click.option("--points", metavar="TxD,TxD", help="Functions x bits [default: by kind of input].")
@click.option("--heads", metavar="NAME,NAME", help="linear, dense, lookup; sequence for text.")
@click.option("--hidden", metavar="N,N", help="Units of the dense head; 0 for a linear head.")
@click.option(
    "--quantize", default="int8,int4,dynamic", show_default=True, metavar="NAME,NAME",
    cls=Named, table=QUANTIZATIONS, more="with commas between: exports of each run",
)  # fmt: skip
@click.option("--seeds", default="0", show_default=True, metavar="N,N")
@click.option("--recipe", metavar="NAME", help="Named settings; the default fits the kind of "
              "input.")  # fmt: skip
@click.option("--config", "config_file", metavar="FILE", help="JSON file with settings.")
@click.option("--trainer", metavar="NAME", help="As for train.")
@click.option("--epochs", type=int)
@click.option("--jobs", type=click.IntRange(1, 1024), help="Runs side by side [default: cores].")
@click.option("--test", is_flag=True, help="Also the test split, of the Pareto front alone.")
@click.option("--draw", is_flag=True, help="Only table and plots again, of the points there are.")
@json_option
def bits(
    data: str | None, out: str, jobs: int | None, test: bool, draw: bool, json_path: str | None,
    **options: Any,
) -> None:  # fmt: skip
    """How many bits does DATA need? Sweep sizes, measure each file, draw the Pareto front."""
    from ..search.plan import parse_sweep
    from ..search.sweep import draw_again, search_bits

    if draw:
        report = draw_again(out)
    elif data is None:
        raise InputError("DATA is missing; only --draw goes without it")
    else:
        sweep = parse_sweep(given(**options))
        with SweepWatch() as watch:
            report = search_bits(data, out, sweep, jobs=jobs, test=test, told=watch)
    give(report, json_path, lambda: show_sweep(report))
    if report.failures and not draw:
        raise WorkError(f"{len(report.failures)} of {report.planned} points failed")
