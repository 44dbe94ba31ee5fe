"""The end of `bits`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .screen import columns, percent, say

if TYPE_CHECKING:
    from ..search.records import SweepReport


def show_sweep(report: SweepReport) -> None:
    """The end of `bits`: a row a point by rising size, then what failed."""
    head = ("point", "bits", "parameters", "bytes", "valid", "test", "p50 ms", "train s", "front")
    rows = [
        (p.name, f"{p.bits:,}", f"{p.parameters:,}", f"{p.size_bytes:,}", f"{p.accuracy:.2%}",
         percent(p.test_accuracy) or "-", f"{p.p50_ms:.3f}", f"{p.train_seconds:.0f}",
         ", ".join(p.front))
        for p in report.points
    ]  # fmt: skip
    columns(head, rows)
    for failure in report.failures:
        say(f"failed: {failure.name}: {failure.reason}")
