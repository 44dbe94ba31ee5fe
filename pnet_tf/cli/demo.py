"""`demo`: the whole chain."""

from __future__ import annotations

from pathlib import Path

import click

from .parts import Command


@click.command(cls=Command)
@click.option("--out", default="demo_run", show_default=True, metavar="FOLDER")
def demo(out: str) -> None:
    """From sample conversations to a file that offers replies, end to end; some three minutes."""
    from ..demo import run_demo

    run_demo(Path(out))
