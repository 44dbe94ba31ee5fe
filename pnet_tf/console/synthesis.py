"""The end of `synthesize` and of `generate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..synthesis.requirements import with_unit
from .screen import columns, pairs, percent, say

if TYPE_CHECKING:
    from ..synthesis.generate import GenerateReport
    from ..synthesis.result import SynthesisReport


def show_synthesis(report: SynthesisReport) -> None:
    """What was searched, then a row a network that is handed out."""
    counts = ", ".join(f"{number} {ended}" for ended, number in report.counts.items())
    ranks = ", ".join(f"{value:.2f} at the {name}" for name, value in
                      report.rank_correlation.items())  # fmt: skip
    pairs({
        "networks": counts,
        "spent": f"{report.epochs:,.0f} epochs, {report.seconds:,.0f} s",
        "foretold": f"rank correlation {ranks}",
        "report": f"{report.out}/report.html",
    })  # fmt: skip
    measures = [name for name in ("arena", "latency") if name in report.networks[0].facts]
    head = ("network", "bytes", "valid", "test", "MACs", *measures, "oldest runtime")
    rows = [
        (f"{report.out}/{one.folder}", f"{one.size_bytes:,}", f"{one.accuracy:.2%}",
         percent(one.test_accuracy) or "-", f"{one.macs:,}",
         *(with_unit(name, one.facts[name]) for name in measures), one.oldest_runtime)
        for one in report.networks
    ]  # fmt: skip
    columns(head, rows)


def show_generated(report: GenerateReport) -> None:
    """A row a seed."""
    rows = [
        (one.settings, f"{one.facts['bytes']:,.0f}", f"{one.facts['macs']:,.0f}",
         percent(one.accuracy) or "-",
         "-" if one.kept is None else "yes" if one.kept else "no")
        for one in report.networks
    ]  # fmt: skip
    columns(("settings", "bytes", "MACs", "valid", "every limit kept"), rows)
    say(f"{report.distinct} of {len(report.networks)} differ in structure")
