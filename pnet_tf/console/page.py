"""The ends of `page` and `report`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .screen import pairs

if TYPE_CHECKING:
    from ..page.make import WrittenPage
    from ..report.make import WrittenReport


def show_page(report: WrittenPage) -> None:
    """What was written, and of what."""
    pairs({
        "file": report.file,
        "size": f"{report.size_bytes:,} bytes, {report.model_bytes:,} of them the model",
        "input": report.input_kind,
        "runtime in it": report.runtime,
    })  # fmt: skip


def show_report(report: WrittenReport) -> None:
    """What was written, and what about."""
    examples = report.measured_examples
    pairs({
        "file": report.file,
        "size": f"{report.size_bytes:,} bytes",
        "about": f"a {report.about}",
        "measured on": f"{examples:,} examples" if examples else None,
    })  # fmt: skip
