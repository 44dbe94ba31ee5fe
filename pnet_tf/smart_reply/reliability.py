"""The reliability diagram: how often answers were right against how sure the scores were.

The same figures make the same bytes, whatever the day.
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..files import atomic_write_bytes, check_writable
from .figures import BINS, Calibration, ReliabilityBin

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW = 20
"""Messages of a bin whose share is drawn pale, for it says little."""
_STYLE: Any = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}


def draw_reliability(path: str | Path, found: Calibration, title: str) -> None:
    """Write the PNG of `reliability_png` to `path`."""
    atomic_write_bytes(path, reliability_png(found, title))


def reliability_png(found: Calibration, title: str) -> bytes:
    """Two diagrams (DeGroot and Fienberg 1983): the best label's score and the trigger's.

    Each with its bins against the diagonal and, below, how many messages are in each bin. Raises
    InputError where matplotlib is not installed.
    """
    _check_matplotlib()
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure, stream = Figure(figsize=(8, 5.4), layout="constrained"), io.BytesIO()
        _panels(figure, found)
        figure.suptitle(title)
        figure.savefig(stream, format="png", dpi=150, metadata={"Software": None})
    return stream.getvalue()


def check_plot(path: str, others: Sequence[str | None]) -> None:
    """Raises InputError where `path` cannot become a plot: before the work.

    No matplotlib, another ending than .png, a folder that cannot be written, one of `others`.
    """
    _check_matplotlib()
    if not path.lower().endswith(".png"):
        raise InputError(f"{path}: the plot is a PNG; needed: a name that ends in .png")
    target = check_writable(path)
    if target in [Path(other).resolve() for other in others if other is not None]:
        raise InputError(f"{path} is another file of this command; give --plot its own")


def _check_matplotlib() -> None:
    if importlib.util.find_spec("matplotlib") is None:
        raise InputError("--plot draws with matplotlib: install the extra, pnet-tf[plot]")


def _panels(figure: Figure, found: Calibration) -> None:
    axes = figure.subplots(2, 2, sharex=True, height_ratios=(3, 1))
    panels = (
        ("best label, the silent one included", found.label_bins, found.label_ece),
        ("trigger, of the best reply's intent", found.trigger_bins, found.trigger_ece),
    )
    for column, (name, bins, error) in enumerate(panels):
        _diagram(axes[0, column], bins, f"{name}: ECE {error:.3f}")
        _counts(axes[1, column], bins)
    axes[0, 0].set_ylabel("share that was right")
    axes[1, 0].set_ylabel("messages")
    handles, names = zip(*(one.get_legend_handles_labels() for one in axes[0]), strict=True)
    legend = dict(zip(sum(names, []), sum(handles, []), strict=True))
    figure.legend(legend.values(), legend.keys(), loc="outside lower center", ncols=3)


def _diagram(axes: Axes, bins: Sequence[ReliabilityBin], title: str) -> None:
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--", label="calibrated")
    for few, color, name in ((False, "C0", "bins"), (True, "0.7", f"fewer than {FEW} messages")):
        some = [b for b in bins if (b.examples < FEW) == few]
        if not some:  # an unclipped line without a point has no place, and no layout finds one
            continue
        right = [b.right for b in some]
        axes.bar(_middles(some), right, width=0.92 / BINS, color=color, alpha=0.4, label=name)
        axes.plot([b.score for b in some], right, "o", color=color, markersize=4, clip_on=False)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_title(title, fontsize=9)
    axes.grid(alpha=0.3)


def _counts(axes: Axes, bins: Sequence[ReliabilityBin]) -> None:
    axes.bar(_middles(bins), [b.examples for b in bins], width=0.92 / BINS, color="grey")
    axes.set_yscale("log")
    axes.set_ylim(0.5, 2 * max(10, *(b.examples for b in bins)))
    axes.minorticks_off()
    axes.set_xlabel("score")
    axes.grid(alpha=0.3, axis="y")


def _middles(bins: Sequence[ReliabilityBin]) -> list[float]:
    return [(min(int(b.score * BINS), BINS - 1) + 0.5) / BINS for b in bins]
