"""The end of `synthesize` and of `generate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from .screen import OUT, pairs, percent, printable

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
    table = Table(box=None, pad_edge=False)
    measures = [name for name in ("arena", "latency") if name in report.networks[0].facts]
    for column in ("network", "bytes", "valid", "test", "MACs", *measures, "oldest runtime"):
        left = column in ("network", "oldest runtime")
        table.add_column(column, justify="left" if left else "right")
    for one in report.networks:
        table.add_row(
            printable(f"{report.out}/{one.folder}"), f"{one.size_bytes:,}", f"{one.accuracy:.2%}",
            percent(one.test_accuracy) or "-", f"{one.macs:,}",
            *(f"{one.facts[name]:,.3g}" for name in measures), printable(one.oldest_runtime),
        )  # fmt: skip
    OUT.print(table)


def show_generated(report: GenerateReport) -> None:
    """A row a seed."""
    table = Table(box=None, pad_edge=False)
    for column in ("settings", "bytes", "MACs", "valid", "keeps every limit"):
        table.add_column(column, justify="left" if column == "settings" else "right")
    for one in report.networks:
        kept = "-" if one.kept is None else "yes" if one.kept else "no"
        table.add_row(
            printable(one.settings), f"{one.facts['bytes']:,.0f}", f"{one.facts['macs']:,.0f}",
            percent(one.accuracy) or "-", kept,
        )  # fmt: skip
    OUT.print(table)
    OUT.print(f"{report.distinct} of {len(report.networks)} differ in structure", markup=False)
