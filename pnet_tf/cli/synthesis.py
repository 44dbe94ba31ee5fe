"""`synthesize` and `generate`: networks within limits, and more of them from what was learned."""

from __future__ import annotations

import re
from typing import Any

import click

from ..console.synthesis import show_generated, show_synthesis
from ..errors import InputError
from ..watches import SynthesisWatch
from .parts import Command, give, json_option

_SEEDS = re.compile(r"(\d{1,9})(?::(\d{1,9}))?")


@click.command(cls=Command)
@click.argument("data")
@click.option("--out", required=True, metavar="DIR", help="Folder of the study and the networks; "
              "the same one goes on with a search that was stopped.")  # fmt: skip
@click.option("--require", multiple=True, metavar="LIMIT", help='A limit such as "bytes<=32000", '
              '"accuracy>=0.92", "latency<=0.5x", "arena<=100000", "macs<=1e6", "runtime<=2.14"; '
              "several times.")  # fmt: skip
@click.option("--networks", type=int, default=8, show_default=True, help="Handed out at most.")
@click.option("--budget", default="1h", show_default=True, metavar="TIME|EPOCHS",
              help="Of the whole search: 2h, 30m, 90s or 400epochs.")  # fmt: skip
@click.option("--epochs", type=int, help="Of one network [default: by kind of input].")
@click.option("--utility", default="hypervolume", show_default=True,
              help="What networks are chosen by: hypervolume, netscore or accuracy.")  # fmt: skip
@click.option("--searcher", default="generator", show_default=True,
              help="generator; or random, tpe or nsga2 of Optuna.")  # fmt: skip
@click.option("--jobs", type=int, default=1, show_default=True, help="Workers side by side.")
@click.option("--storage", metavar="URL", help="Database of the study, which workers on other "
              "machines share [default: study.db in DIR].")  # fmt: skip
@click.option("--recipe", metavar="NAME", help="Named settings that the networks change.")
@click.option("--config", metavar="FILE", help="JSON file with settings that all of them have.")
@click.option("--space", metavar="FILE", help="JSON file with other values of some dimensions.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--final-epochs", type=int, help="Train what is handed out once more, so long.")
@click.option("--keep-accuracy", type=float, metavar="SHARE",
              help="Store layers that were trained for no bits in the fewest that lose at most so "
              "much on valid.")  # fmt: skip
@click.option("--test", is_flag=True, help="Also the test split, of what is handed out alone.")
@json_option
def synthesize(data: str, out: str, json_path: str | None, **options: Any) -> None:
    """Search for networks for DATA that keep limits, each measured on its real file."""
    from ..synthesis.synthesize import synthesize as search

    with SynthesisWatch() as watch:
        report = search(data, out, told=watch, **options)
    give(report, json_path, lambda: show_synthesis(report))


@click.command(cls=Command)
@click.argument("generator")
@click.option("--seeds", default="0:8", show_default=True, metavar="A:B|N,N",
              help="From A up to, not with, B; or one by one.")  # fmt: skip
@click.option("--out", required=True, metavar="DIR", help="Folder of the networks' settings.")
@click.option("--data", metavar="DATA", help="Train each of them on this too, and write its file.")
@json_option
def generate(generator: str, seeds: str, out: str, data: str | None, json_path: str | None) -> None:
    """Networks of some seeds by GENERATOR, which `synthesize` has learned; no search."""
    from ..synthesis.generate import generate as make

    report = make(generator, _parse_seeds(seeds), out, data=data)
    give(report, json_path, lambda: show_generated(report))


def _parse_seeds(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        match = _SEEDS.fullmatch(part.strip())
        if match is None:
            raise InputError(f"--seeds must be like 0:20 or 1,5,7, got {text!r}")
        first = int(match[1])
        last = int(match[2]) if match[2] else first + 1
        if last - first > 10_000:
            raise InputError(f"--seeds must be 10,000 at most, got {text!r}")
        found += range(first, last)
    return found
