"""The plots of a sweep: accuracy against bits, and against bytes of the whole file.

The same points make the same bytes, whatever the day.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from statistics import stdev
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

from ..files import atomic_write_bytes
from ..names import QUANTIZATIONS
from .plan import Training
from .records import COSTS, Point, SweepReport, mean_of, seed_groups

AXES = {"bits": "bits of one example", "bytes": "bytes of the whole .tflite"}
FORMATS = ("png", "svg")
_STYLE: Any = {"svg.hashsalt": "pnet_tf", "font.size": 9, "axes.spines.top": False,
               "axes.spines.right": False}  # fmt: skip
_METADATA: Any = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
Group = Sequence[Point]
"""The seeds of one file."""
_MARKS = "os^DvPX*"
"""Shapes of the quantisations, in the order of their table."""


def draw(folder: Path, report: SweepReport) -> list[Path]:
    """accuracy_bits and accuracy_bytes in `folder`, each as .png and .svg, from at least 1 point.

    One mark a file, shaped by its quantisation; those of the Pareto front are joined and named.
    Several seeds of one file are one mark at their mean, with a bar of one standard deviation.
    """
    written = []
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        for front in COSTS:
            figure = _figure(report, front)
            for kind in FORMATS:
                stream = io.BytesIO()
                figure.savefig(stream, format=kind, dpi=150, metadata=_METADATA[kind])
                written.append(folder / f"accuracy_{front}.{kind}")
                atomic_write_bytes(written[-1], stream.getvalue())
    return written


def _figure(report: SweepReport, front: str) -> Figure:
    figure = Figure(figsize=(7.5, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xscale("log")
    groups = seed_groups(report.points)
    best = [group for group in groups if front in group[0].front]
    _marks(axes, groups, front)
    _front(axes, sorted(best, key=lambda g: (_cost(g, front), g[0].name)), front)
    _label_axes(axes, report, front)
    return figure


def _cost(group: Group, front: str) -> float:
    return mean_of(group, COSTS[front])


def _percent(group: Group) -> float:
    return 100 * mean_of(group, "accuracy")


def _marks(axes: Axes, groups: Sequence[Group], front: str) -> None:
    for colour, mode in enumerate(QUANTIZATIONS.names()):
        mark = _MARKS[colour % len(_MARKS)]
        some = [group for group in groups if group[0].quantize == mode]
        x, y = [_cost(g, front) for g in some], [_percent(g) for g in some]
        if some:
            axes.scatter(x, y, s=28, marker=mark, color=f"C{colour}", alpha=0.6, label=mode,
                         zorder=2)  # fmt: skip
        many = [group for group in some if len(group) > 1]
        if many:
            axes.errorbar([_cost(g, front) for g in many], [_percent(g) for g in many],
                          [100 * stdev(p.accuracy for p in g) for g in many], fmt="none",
                          ecolor=f"C{colour}", zorder=1)  # fmt: skip


def _front(axes: Axes, best: Sequence[Group], front: str) -> None:
    x, y = [_cost(g, front) for g in best], [_percent(g) for g in best]
    axes.plot(x, y, color="black", linewidth=1, drawstyle="steps-post", zorder=1)
    axes.scatter(x, y, s=80, facecolors="none", edgecolors="black", label="Pareto front", zorder=3)
    before: tuple[str, tuple[float, float]] | None = None
    beside = False
    for group, place in zip(best, zip(x, y, strict=True), strict=True):
        if before and before[1] == place:  # equal points share one name
            continue
        beside = before is not None and before[0] == training_title(group) and not beside
        # another quantisation of the same training is near: its name goes to the other side
        axes.annotate(front_title(group), place, xytext=(-5, 7) if beside else (5, -11),
                      ha="right" if beside else "left", textcoords="offset points",
                      fontsize=7)  # fmt: skip
        before = (training_title(group), place)


def training_title(group: Group) -> str:
    """What was trained, whatever the seeds, as 60x12-dense128."""
    p = group[0]
    return Training(p.functions, p.bits_per_function, p.head, p.hidden, p.seed).title


def front_title(group: Group) -> str:
    """What a mark of a front is called: the point's name, or without the seed if it is several."""
    return group[0].name if len(group) == 1 else f"{training_title(group)}-{group[0].quantize}"


def _label_axes(axes: Axes, report: SweepReport, front: str) -> None:
    costs = sorted({getattr(point, COSTS[front]) for point in report.points})
    few = front == "bits" and len(costs) <= 8  # then each has its own tick
    axes.xaxis.set_major_locator(FixedLocator(costs) if few else LogLocator(10, (1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(AXES[front])
    axes.set_ylabel("validation accuracy of the .tflite, %")
    axes.set_title(Path(str(report.settings.get("data", ""))).name)
    axes.margins(x=0.25, y=0.12)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", fontsize=8)
