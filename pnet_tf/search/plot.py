"""The plots of a sweep: accuracy against bits, and against bytes of the whole file.

The same points make the same bytes, whatever the day.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

from ..files import atomic_write_bytes
from .records import COSTS, Point, SweepReport

AXES = {"bits": "bits of one example", "bytes": "bytes of the whole .tflite"}
FORMATS = ("png", "svg")
_STYLE: Any = {"svg.hashsalt": "pnet_tf", "font.size": 9, "axes.spines.top": False,
               "axes.spines.right": False}  # fmt: skip
_METADATA: Any = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
_MARKS = {"none": "o", "dynamic": "s", "int8": "^", "int4": "D"}


def draw(folder: Path, report: SweepReport) -> list[Path]:
    """accuracy_bits and accuracy_bytes in `folder`, each as .png and .svg, from at least 1 point.

    One mark a point, shaped by its quantisation; those of the Pareto front are joined and named.
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
    best = [point for point in report.points if front in point.front]
    _marks(axes, report.points, front)
    _front(axes, sorted(best, key=lambda p: (_cost(p, front), p.name)), front)
    _label_axes(axes, report, front)
    return figure


def _cost(point: Point, front: str) -> int:
    return int(getattr(point, COSTS[front]))


def _marks(axes: Axes, points: Sequence[Point], front: str) -> None:
    for mode, mark in _MARKS.items():
        some = [point for point in points if point.quantize == mode]
        x, y = [_cost(p, front) for p in some], [100 * p.accuracy for p in some]
        if some:
            axes.scatter(x, y, s=28, marker=mark, alpha=0.6, label=mode, zorder=2)


def _front(axes: Axes, best: Sequence[Point], front: str) -> None:
    x, y = [_cost(p, front) for p in best], [100 * p.accuracy for p in best]
    axes.plot(x, y, color="black", linewidth=1, drawstyle="steps-post", zorder=1)
    axes.scatter(x, y, s=80, facecolors="none", edgecolors="black", label="Pareto front", zorder=3)
    titles = front_titles(best)
    for title, place in zip(titles, zip(x, y, strict=True), strict=True):
        axes.annotate(title, place, xytext=(5, -11), textcoords="offset points", fontsize=7)


def front_titles(best: Sequence[Point]) -> list[str]:
    """What each point of a front is called in a plot: its training, as 60x12-dense128.

    The mark tells the quantisation, and the seed is told where there are several. A point called
    like its predecessor, another quantisation of it, gets none: names would hide each other.
    """
    seeds = {point.seed for point in best}
    titles = []
    for point in best:
        title = f"{point.functions}x{point.bits_per_function}-{point.head}{point.hidden or ''}"
        titles.append(title if len(seeds) == 1 else f"{title}-s{point.seed}")
    before = [None, *titles]
    return [title if title != last else "" for title, last in zip(titles, before, strict=False)]


def _label_axes(axes: Axes, report: SweepReport, front: str) -> None:
    costs = sorted({_cost(point, front) for point in report.points})
    few = front == "bits" and len(costs) <= 8  # then each has its own tick
    axes.xaxis.set_major_locator(FixedLocator(costs) if few else LogLocator(10, (1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(AXES[front])
    axes.set_ylabel("validation accuracy of the .tflite, %")
    axes.set_title(Path(str(report.settings.get("data", ""))).name)
    axes.margins(x=0.15, y=0.12)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", fontsize=8)
