"""The end of `page`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .screen import pairs

if TYPE_CHECKING:
    from ..page.make import PageReport


def show_page(report: PageReport) -> None:
    """What was written, and of what."""
    pairs({
        "file": report.file,
        "size": f"{report.size_bytes:,} bytes, {report.model_bytes:,} of them the model",
        "input": report.input_kind,
        "runtime in it": report.runtime,
    })  # fmt: skip
