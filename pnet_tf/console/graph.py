"""The end of `propagate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .screen import pairs, percent

if TYPE_CHECKING:
    from ..graph import PropagationReport


def show_propagation(report: PropagationReport) -> None:
    """The end of `propagate`."""
    state = "converged" if report.converged else "not converged: more --steps may help"
    pairs(
        {
            "file": report.file,
            "graph": f"{report.nodes:,} nodes, {report.edges:,} edges",
            "edges of a node to itself, dropped": report.loops or None,
            "seeds": f"{report.seeds:,} nodes, {report.labels:,} labels",
            "steps": f"{report.steps}, {state}",
            "largest change of the last": f"{report.change:.2g}",
            "objective": f"{report.objective:.6g}",
            "nodes reached": percent(report.reached_share),
        }
    )
