"""The ends of the commands on one finished file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .plain import as_plain
from .screen import OUT, pairs, percent, printable, say

if TYPE_CHECKING:
    from ..export.report import ExportReport, Precision
    from ..packing.apps import AppReport
    from ..packing.container import PackReport
    from ..tflite.benchmark import BenchmarkResult
    from ..tflite.inspect import ModelInfo
    from ..tflite.metadata import ModelMetadata
    from ..tflite.model import Answer
    from ..tflite.ranking import Suggestions

_MOST_SHOWN = 1000
"""Characters of a message that are repeated above its answer."""


def show_export(report: ExportReport) -> None:
    """The end of `export`."""
    parts = ", ".join(f"{name} {size:,}" for name, size in report.bytes_by_part.items())
    rows = {
        "file": report.file,
        "size": f"{report.size_bytes:,} bytes ({parts})",
        "zipped": f"{report.zipped_bytes:,} bytes",
        "quantised": report.quantize,
        "oldest runtime checked": report.oldest_runtime,
        "head": f"{report.parameters:,} parameters, {report.macs:,} multiply-accumulates",
        "head weights": f"{report.sparsity:.1%} zero, at most "
        f"{max(report.distinct_weights.values(), default=0)} distinct in one tensor",
        "bits": f"{report.bits:,}",
        "valid, trainer / student / file": " / ".join(
            "-" if v is None else f"{v:.4f}"
            for v in (report.valid.trainer, report.valid.student, report.valid.tflite)
        )
        + f", {report.valid.examples:,} examples",
        "latency": f"{report.benchmark.p50_ms:.3f} ms median, {report.benchmark.p99_ms:.3f} ms p99",
        "peak arena": f"{report.benchmark.arena_bytes:,} bytes",
    }
    for found in report.parity:
        rows[f"agrees on {found.runtime}"] = (
            f"{found.same_label:.1%} same label, largest difference {found.max_difference:.5f}"
        )
    pairs(rows | _precision(report.precision))


def _precision(found: Precision | None) -> dict[str, str]:
    """What quantize auto chose: a row a layer, and what the search took."""
    if found is None:
        return {}
    rows = {
        f"layer {layer.name}": f"{layer.weights:,} weights of {layer.bits} bits, "
        f"{layer.activations} activations"
        for layer in found.layers
    }
    rows["kept"] = (
        f"{found.accuracy:.4f} of {found.float_accuracy:.4f} in float32, at most "
        f"{found.keep_accuracy:g} less; R^2 {found.r_squared:.5f}"
    )
    rows["search"] = (
        f"{found.candidates:,} candidates on ten inputs, {found.evaluations:,} evaluations, "
        f"{found.seconds:.1f} s"
    )
    return rows


def show_evaluation(result: Any) -> None:
    """The end of `evaluate`."""
    plain = as_plain(result)
    unknown = plain.pop("unknown_label_examples", 0)
    for name in [name for name in plain if name.endswith("accuracy")]:
        plain[name] = percent(plain[name])
    pairs({name.replace("_", " "): value for name, value in plain.items()})
    if unknown:
        OUT.print(f"{unknown} examples have a label the model does not know; counted as errors")


def show_predictions(results: Sequence[Answer], explain: bool = False) -> None:
    """The end of `predict`: one block an input; `explain` says how replies were chosen."""
    for answer in results:
        OUT.print(printable(_shortened(answer.input)), style="bold", markup=False)
        for found in answer.predictions:
            OUT.print(f"  {found.score:6.1%}  {printable(found.label)}", markup=False)
        for value in answer.values:
            OUT.print(f"  {value:.6g}")
        if answer.replies:
            say(f"  replies: {' | '.join(answer.replies)}")
        if answer.suggestions is not None:
            _show_choice(answer.suggestions, explain)


def _shortened(text: str) -> str:
    """The beginning of a message that would fill the screen."""
    left = len(text) - _MOST_SHOWN
    return text if left <= 0 else f"{text[:_MOST_SHOWN]}... and {left:,} characters more"


def _show_choice(found: Suggestions, explain: bool) -> None:
    """That the file stays silent, and why it does or does not."""
    if found.silent:
        say("  stays silent")
    if not explain:
        return
    sign = "below" if found.trigger < found.threshold else "at or above"
    say(
        f"  why: the best label with a reply has {found.trigger:.3f}, {sign} the threshold "
        f"{found.threshold:.3f}"
    )
    for reply in found.replies:
        note = ", so that a yes meets a no" if reply.label in found.balanced else ""
        say(f"       {reply.text} stands for {reply.label}, {reply.score:.3f}{note}")


def show_info(info: ModelInfo) -> None:
    """The end of `inspect`."""
    meta = info.metadata
    shape = f"{info.input_bytes} bytes" if info.input_bytes else list(info.input_shape or ())
    labels = ", ".join(info.labels[:8]) + (", ..." if len(info.labels) > 8 else "")
    rows = {
        "input": f"{info.input_kind}, {shape}",
        "inputs": ", ".join(f"{t.name} {t.type} {list(t.shape)}" for t in info.inputs),
        "outputs": ", ".join(f"{t.name} {t.type} {list(t.shape)}" for t in info.outputs),
        "labels": f"{len(info.labels)}: {labels}" if info.labels else "none (regression)",
        "replies": _replies(meta),
        "size": f"{info.size_bytes:,} bytes, {info.zipped_bytes:,} zipped",
        "parts": ", ".join(f"{name} {size:,}" for name, size in info.bytes_by_part.items()),
        "operators": ", ".join(f"{name} {n}" for name, n in info.operators.items()),
        "quantised": meta.quantize,
        "oldest runtime checked": info.oldest_runtime,
        "projection": ", ".join(f"{key}={value}" for key, value in meta.projection.items()),
        "training": ", ".join(f"{key}={value}" for key, value in meta.training.items()),
        "pnet_tf": f"{meta.version}, spec {meta.spec}",
        "sha256": meta.sha256,
    }
    pairs(rows)


def _replies(meta: ModelMetadata) -> str:
    """How many texts a file holds, and when it offers some."""
    if not meta.replies:
        return "none"
    texts = sum(map(len, meta.replies.values()))
    found = f"{texts} of {len(meta.replies)} labels"
    if meta.ranking is None:
        return found
    rule = meta.ranking
    return f"{found}; at most {rule.most_replies}, none below a score of {rule.threshold:.3f}"


def show_benchmark(result: BenchmarkResult) -> None:
    """The end of `benchmark`."""
    rows = {
        "runtime": f"{result.runtime}, {result.threads} thread(s), {result.runs} runs",
        "p50 / p90 / p99 ms": f"{result.p50_ms:.4f} / {result.p90_ms:.4f} / {result.p99_ms:.4f}",
        "peak arena": f"{result.arena_bytes:,} bytes",
    }
    if result.reference_ms:
        ratio = result.p50_ms / result.reference_ms
        rows["256x256 matrix product"] = f"{result.reference_ms:.4f} ms; this model {ratio:.2f} x"
    pairs(rows)


def show_apps(report: AppReport) -> None:
    """The end of `android`."""
    pairs(
        {
            "put into": ", ".join(report.files),
            "size": f"{report.size_bytes:,} bytes" + _packed(report.packed_bytes),
            "reads": f"text, {report.input_bytes} bytes",
            "the apps show": f"{report.shows}; {report.labels} labels",
            "their runtime": report.runtime,
        }
    )
    say("Build them in Android Studio, or by make android.")


def _packed(size: int | None) -> str:
    return "" if size is None else f"; packed, as the apps hold it, {size:,}"


def show_packed(report: PackReport) -> None:
    """The end of `pack` and `unpack`."""
    pairs({
        "file": report.file,
        "content": f"{report.size_bytes:,} bytes, SHA-256 {report.sha256}",
        "packed": f"{report.packed_bytes:,} bytes, {report.ratio:.1%} of it; "
                  f"zipped it has {report.zipped_bytes:,}",
    })  # fmt: skip
