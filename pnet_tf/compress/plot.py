"""Trials of a compression as a plot."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import atomic_write_bytes
from .trials import Trial, read_trials

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_trials(folder: Path, float32_bytes: int, target: Path) -> None:
    """Plot how many times smaller each trial of a folder is against its score; kept ones filled.

    Scores far below all that was kept are marks at the bottom edge, whose scale they would spoil.
    """
    stream = io.BytesIO()
    figure = trials_figure(read_trials(folder), float32_bytes)
    figure.savefig(stream, format="png", dpi=120)
    atomic_write_bytes(target, stream.getvalue())


def trials_figure(trials: Sequence[Trial], float32_bytes: int) -> Figure:
    """What `draw_trials` writes, as a figure of matplotlib."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    bottom = _lowest_shown(trials)
    with mpl.rc_context():
        mpl.rcdefaults()
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        axes = figure.add_subplot()
        for label, shown in _drawn(trials, bottom).items():
            colour = "tab:orange" if "last" in label else "tab:blue"
            axes.scatter(
                [float32_bytes / trial.size_bytes for trial in shown],
                [trial.score if trial.score >= bottom else bottom for trial in shown],
                facecolors=colour if "kept" in label else "none", edgecolors=colour, label=label,
                marker="v" if "below" in label else "o", clip_on=False,
            )  # fmt: skip
        axes.set(xscale="log", xlabel="times smaller, all weights", ylabel="score on valid")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(bottom=bottom)
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def _lowest_shown(trials: Sequence[Trial]) -> float:
    """Below what was kept by twice its spread; the lowest number of all where none was kept."""
    kept = [trial.score for trial in trials if trial.kept]
    if not kept:
        return min((trial.score for trial in trials if math.isfinite(trial.score)), default=0.0)
    return min(kept) - 2 * max(max(kept) - min(kept), 0.001 * abs(max(kept)))


def _drawn(trials: Sequence[Trial], bottom: float) -> dict[str, list[Trial]]:
    """Trials by the words of the legend."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        if trial.score >= bottom:
            word = "kept" if trial.kept else "tried"
            label = f"{word}, last training" if trial.final else word
        else:
            label = "tried, below"
        groups.setdefault(label, []).append(trial)
    return groups
