"""`page`: a model as one HTML file that a person opens and tries."""

from __future__ import annotations

import click

from ..console.page import show_page
from .parts import Command, check_no_run_file, give, json_option


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
    report = write_page(model, out)
    give(report, json_path, lambda: show_page(report))
