"""The command that compresses a Keras model."""

from __future__ import annotations

from typing import Any

import click

from ..console.compress import show_compressed
from ..watches import TrialWatch
from .parts import Command, give, json_option


@click.command(cls=Command)
@click.argument("model")
@click.argument("data")
@click.option("--out", required=True, metavar="DIR", help="Folder of the trials and the weights; "
              "the same one goes on with a search that was stopped.")  # fmt: skip
@click.option("--keep-loss", type=float, default=0.002, show_default=True, metavar="X",
              help="Accuracy, or mean squared error, that may be lost on valid; one standard error "
              "of the difference counts as lost.")  # fmt: skip
@click.option("--epochs", type=int, default=1, show_default=True, help="Of retraining a trial.")
@click.option("--final-epochs", type=int, default=0, show_default=True,
              help="Of the smallest at the end; trials may lose --slack more.")  # fmt: skip
@click.option("--slack", type=float,
              help="Loss beyond --keep-loss that --final-epochs are to make good; 0.005 if they "
              "are asked for.")  # fmt: skip
@click.option("--like", metavar="DIR",
              help="The --out of a model of the same shape: what was found there is tried first, "
              "or what lies between; if that keeps the loss it is all.")  # fmt: skip
@click.option("--batch-size", type=int, default=64, show_default=True)
@click.option("--learning-rate", type=float, default=3e-4, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@json_option
def compress(model: str, data: str, out: str, json_path: str | None, **options: Any) -> None:
    """Prune MODEL, a .keras file, and let its weights share values, as far as DATA allows."""
    from ..compress.keras_file import compress_file

    with TrialWatch() as watch:
        report = compress_file(model, data, out, show=watch, **options)
    give(report, json_path, lambda: show_compressed(report))
