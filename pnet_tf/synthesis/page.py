"""`report.html` of a search: front, networks, their layers, and what the inquisitor found."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..files import atomic_write_text
from ..tflite.model import read_file
from ..tflite.reader import Model, Operator, read_model
from .generator import Generator
from .keep import MODEL, Kept, front_of
from .records import Record, finished
from .requirements import ACCURACY, with_unit
from .result import SynthesisReport

PAGE = "report.html"
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
figure { margin: 0; background: #fff; border-radius: 8px; overflow-x: auto; }
svg { max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem .25rem 0; text-align: right; border-bottom: 1px solid #8884;
  white-space: nowrap; vertical-align: top; }
th:first-child, td:first-child, .text { text-align: left; }
.layers { display: flex; gap: 2px; margin: .25rem 0 1rem; }
.layers span { background: #0b57d0; color: #fff; padding: .2rem .4rem; border-radius: 3px;
  font-size: .8rem; overflow: hidden; white-space: nowrap; min-width: 2px; }
.layers .less { background: #57606a; }
"""
_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "GATHER", "BATCH_MATMUL")


def write_synthesis_page(folder: Path, learned: Generator, report: SynthesisReport) -> None:
    """Write the page into the folder of the search; it needs neither scripts nor a network."""
    atomic_write_text(folder / PAGE, synthesis_html(folder, learned, report))


def synthesis_html(folder: Path, learned: Generator, report: SynthesisReport) -> str:
    """The page: whatever a file says is shown as text."""
    head = f"Networks for {report.data}"
    parts = [
        "<!doctype html>", '<html lang="en">', '<meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(head)}</title>", f"<style>{_STYLE}</style>",
        f"<h1>{escape(head)}</h1>", f"<p>{escape(_lead(report))}</p>",
        "<h2>Accuracy on valid against bytes of the file</h2>",
        f"<figure>{_front_plot(learned.records, report)}</figure>",
        "<h2>Networks handed out</h2>", _network_table(report.networks),
        *_shapes(folder, report.networks),
        "<h2>What decides the accuracy</h2>", _importance(report),
        "<h2>What would help the most accurate ones</h2>", _advice(learned, report.networks),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _lead(report: SynthesisReport) -> str:
    counts = ", ".join(f"{number} {ended}" for ended, number in report.counts.items())
    limits = ", ".join(report.require) or "no limits"
    when = ", ".join(f"{value:.2f} at the {name}" for name, value in
                     report.rank_correlation.items())  # fmt: skip
    return (
        f"Limits: {limits}. Networks: {counts}; {report.epochs:,.0f} epochs in "
        f"{report.seconds:,.0f} s. Rank correlation of the foretold accuracies with the true ones: "
        f"{when}."
    )


def _front_plot(records: Sequence[Record], report: SynthesisReport) -> str:
    """All finished networks, the front of what is kept, and the limits, as SVG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axes = figure.add_subplot()
    done = finished(records)
    axes.scatter([one.facts["bytes"] for one in done], [100 * (one.accuracy or 0) for one in done],
                 s=14, color="#8a94a0", label="trained")  # fmt: skip
    front = front_of(report.networks)
    axes.step([one.size_bytes for one in front], [100 * one.accuracy for one in front],
              where="post", color="#0b57d0", linewidth=1)  # fmt: skip
    axes.scatter([one.size_bytes for one in report.networks],
                 [100 * one.accuracy for one in report.networks],
                 s=36, color="#0b57d0", label="handed out", zorder=3)  # fmt: skip
    _limits(axes, report.require)
    axes.set(xscale="log")
    for pick in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        pick(lambda value, place: f"{value:,.0f}")
    axes.tick_params(axis="x", which="both", labelrotation=30)
    axes.set(xlabel="bytes of the .tflite", ylabel="accuracy on valid, %")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return _svg(figure)


def _limits(axes: Any, require: Sequence[str]) -> None:
    from .requirements import parse_requirements

    for one in parse_requirements(require):
        if one.name == "bytes":
            axes.axvline(one.limit, color="#a4161a", linestyle="--", linewidth=1)
        elif one.name == ACCURACY:
            axes.axhline(100 * one.limit, color="#a4161a", linestyle="--", linewidth=1)


def _svg(figure: Any) -> str:
    """The figure without what XML brings besides it; the same figure, the same text."""
    import matplotlib as mpl

    stream = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "pnet_tf"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]


def _network_table(networks: Sequence[Kept]) -> str:
    measures = [name for name in ("arena", "latency") if networks and name in networks[0].facts]
    head = ["network", "bytes", "valid", "test", "MACs", *measures, "oldest runtime"]
    rows = [
        [one.folder.rpartition("/")[2], f"{one.size_bytes:,}", f"{one.accuracy:.2%}",
         "" if one.test_accuracy is None else f"{one.test_accuracy:.2%}", f"{one.macs:,}",
         *(with_unit(name, one.facts[name]) for name in measures), one.oldest_runtime]
        for one in networks
    ]  # fmt: skip
    return _table(head, rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = [f"<tr>{cells}</tr>"]
    for row in rows:
        last = len(row) - 1
        cells = "".join(f'<td{" class=text" if place == last else ""}>{escape(cell)}</td>'
                        for place, cell in enumerate(row))  # fmt: skip
        lines.append(f"<tr>{cells}</tr>")
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'


def spelt(network: Mapping[str, Any]) -> Iterator[str]:
    """A network as short texts: its pair, then each dimension without the room it is of."""
    yield str(network["network"])
    for name, value in network.items():
        if name != "network":
            yield f"{name.rpartition('.')[2]} {value}"


def _shapes(folder: Path, networks: Sequence[Kept]) -> Iterator[str]:
    """Of each file a bar of its layers, as wide as their bytes."""
    for one in networks:
        content = read_file(folder / one.folder / MODEL)
        layers = list(layers_of_file(read_model(content)))
        spans = "".join(
            f'<span style="flex:{size}"{"" if place % 2 else " class=less"} '
            f'title="{escape(title)}">{escape(title)}</span>'
            for place, (title, size) in enumerate(layers)
        )
        yield f"<div><b>{escape(one.folder)}</b>: {escape('; '.join(spelt(one.network)))}</div>"
        yield f"<div class=layers>{spans}</div>"


def layers_of_file(model: Model) -> Iterator[tuple[str, int]]:
    """Name with shape and type, and bytes, of each operator's constant weights."""
    graph = model.subgraphs[0]
    for node in graph.operators:
        if node.name in _CONVOLUTIONS and (index := _weights(node, model)) is not None:
            tensor = graph.tensors[index]
            shape = "x".join(map(str, tensor.shape))
            yield f"{node.name} {shape} {tensor.type}", model.buffers[tensor.buffer].size_bytes


def _weights(node: Operator, model: Model) -> int | None:
    graph = model.subgraphs[0]
    sizes = [(model.buffers[graph.tensors[index].buffer].size_bytes, index)
             for index in node.inputs if index >= 0]  # fmt: skip
    size, index = max(sizes, default=(0, -1))
    return index if size else None


def _importance(report: SynthesisReport) -> str:
    from matplotlib.figure import Figure

    found = list(report.importance.items())[:12]
    if not found:
        return "<p>Too few networks were trained to tell.</p>"
    figure = Figure(figsize=(8, 0.5 + 0.28 * len(found)), layout="constrained")
    axes = figure.add_subplot()
    names, shares = zip(*reversed(found), strict=True)
    axes.barh(names, [100 * share for share in shares], color="#0b57d0")
    axes.set_xlabel("% of the variance of the predicted error that the dimension explains alone")
    return f"<figure>{_svg(figure)}</figure>"


def _advice(learned: Generator, networks: Sequence[Kept]) -> str:
    best = sorted(networks, key=lambda one: -one.accuracy)[:3]
    rows = [
        [one.folder.rpartition("/")[2], f"{change.gain:+.2%}",
         f"{change.dimension} from {change.before} to {change.after}"]
        for one in best
        for change in learned.inquisitor.advice(one.network)
    ]  # fmt: skip
    if not rows:
        return "<p>Nothing is predicted to.</p>"
    return _table(["network", "predicted gain", "change"], rows)
