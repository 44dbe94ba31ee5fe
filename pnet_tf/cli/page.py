"""`page` and `report`: HTML files that a person opens, offline."""

from __future__ import annotations

import click

from ..console.page import show_page, show_report
from .parts import Command, check_no_run_file, consent, give, json_option, trust_option


@click.command(cls=Command)
@click.argument("model")
@click.option("--out", required=True, metavar="FILE", help="HTML file to write.")
@json_option
def page(model: str, out: str, json_path: str | None) -> None:
    """Write one HTML file in which a person tries MODEL, offline, in any browser.

    It holds the model and LiteRT.js, which npm brings once, into the user's cache.
    """
    from ..page.make import write_page

    check_no_run_file(out, "--out")
    written = write_page(model, out)
    give(written, json_path, lambda: show_page(written))


@click.command(cls=Command)
@click.argument("source", metavar="RUN|FILE|SWEEP")
@click.option("--out", required=True, metavar="FILE", help="HTML file to write.")
@click.option("--tflite", metavar="FILE", help="File that was exported from RUN; otherwise it is "
              "exported by the default.")  # fmt: skip
@click.option("--data", metavar="DATA", help="Measure on this, not on the validation examples that "
              "RUN keeps.")  # fmt: skip
@click.option("--split", default="test", show_default=True, help="Of --data: train, valid, test.")
@trust_option
@json_option
def report(
    source: str, out: str, tflite: str | None, data: str | None, split: str, trust: bool,
    json_path: str | None,
) -> None:  # fmt: skip
    """Write one HTML file about a training: accuracy, curves, mistakes, bytes, and the model.

    Of a SWEEP that `bits` made: its points and fronts.
    """
    from ..report.make import write_report

    check_no_run_file(out, "--out")
    written = write_report(
        source, out, tflite=tflite, data=data, split=split, trust=consent(trust)
    )
    give(written, json_path, lambda: show_report(written))
