"""What the commands show a person after the work."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from .export.report import ExportReport
    from .graph import PropagationReport
    from .runs.teach import TeachReport
    from .search.records import SweepReport
    from .smart_reply.evaluate import ReplyEvaluation
    from .smart_reply.offers import SystemFigures
    from .smart_reply.report import BuildReport
    from .tflite.benchmark import BenchmarkResult
    from .tflite.inspect import ModelInfo
    from .tflite.metadata import ModelMetadata
    from .tflite.model import Answer
    from .tflite.ranking import Suggestions

_OUT = Console(highlight=False, soft_wrap=True)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""A training of more epochs prints some of them only."""
_REPLY_FIGURES = (
    ("", "name", ""),
    ("messages answered", "trigger_rate", ".1%"),
    ("without an intent: left silent", "kept_silent", ".1%"),
    ("answered, with an intent", "answered.messages", ","),
    ("  intent first", "answered.precision_at_1", ".1%"),
    ("  intent in the first three", "answered.recall_at_3", ".1%"),
    ("  MRR of the intent", "answered.mrr", ".3f"),
    ("with an intent, as if all were answered", "every.messages", ","),
    ("  intent first", "every.precision_at_1", ".1%"),
    ("  intent in the first three", "every.recall_at_3", ".1%"),
    ("  MRR of the intent", "every.mrr", ".3f"),
    ("suggestions", "suggestions.suggestions", ","),
    ("  distinct within their message", "suggestions.distinct_share", ".1%"),
    ("  different replies", "suggestions.distinct_replies", ","),
    ("  messages with fewer than three", "suggestions.fewer_than_three_share", ".1%"),
    ("  banned by the word list", "suggestions.banned", ","),
    ("calibration error, best label", "calibration.label_ece", ".3f"),
    ("calibration error, trigger", "calibration.trigger_ece", ".3f"),
    ("  of answered messages", "calibration.answered_ece", ".3f"),
    ("true response first of {}", "responses.every.recall_at_1", ".1%"),
    ("  in the first ten", "responses.every.recall_at_10", ".1%"),
    ("true response with an intent, first", "responses.with_intent.recall_at_1", ".1%"),
    ("  in the first ten", "responses.with_intent.recall_at_10", ".1%"),
)
"""What `smart-reply evaluate` shows: name, place in `SystemFigures`, format."""


def printable(text: str) -> str:
    """`text` with control characters, line breaks too, and changes of direction spelt out."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", text)


def survive_any_text() -> None:
    """Characters that a terminal's encoding does not have are spelt out, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def speaks_unicode() -> bool:
    """Whether standard output is in an encoding of Unicode."""
    return "utf" in (getattr(sys.stdout, "encoding", "") or "").lower()


def as_plain(value: Any) -> Any:
    """A dataclass, mapping, sequence or number as plain JSON values; NaN becomes null."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: as_plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(item) for item in value]
    if isinstance(value, np.generic):
        return as_plain(value.item())
    return None if isinstance(value, float) and not np.isfinite(value) else value


def say(text: str) -> None:
    """One line of plain text."""
    _OUT.print(printable(text), markup=False)


def show_training(report: Any) -> None:
    """The end of `train`."""
    rows = {
        "run": report.run,
        "epochs": report.epochs,
        "seconds": f"{report.seconds:.0f}",
        "head parameters": f"{report.parameters:,}",
        "bits": f"{report.bits:,}",
        "examples, train / valid": f"{report.train_examples:,} / {report.valid_examples:,}",
        "messages cut to fit": report.cut_messages or None,
        "valid accuracy, trainer": _percent(report.valid_trainer_accuracy),
        "valid accuracy, projection network": _percent(report.valid_projection_accuracy),
        "valid mse, trainer": report.valid_trainer_mse,
        "valid mse, projection network": report.valid_projection_mse,
    }
    _pairs(rows)


def show_teaching(report: TeachReport) -> None:
    """The end of `teach`."""
    _pairs(
        {
            "file": report.file,
            "logits": f"{report.examples:,} examples, {report.outputs} labels",
            "trainers": report.trainers,
            "right on the training split": f"{report.train_accuracy:.2%}",
        }
    )


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
    _pairs(rows)


def show_evaluation(result: Any) -> None:
    """The end of `evaluate`."""
    plain = as_plain(result)
    unknown = plain.pop("unknown_label_examples", 0)
    for name in [name for name in plain if name.endswith("accuracy")]:
        plain[name] = _percent(plain[name])
    _pairs({name.replace("_", " "): value for name, value in plain.items()})
    if unknown:
        _OUT.print(f"{unknown} examples have a label the model does not know; counted as errors")


def show_predictions(results: Sequence[Answer], explain: bool = False) -> None:
    """The end of `predict`: one block an input; `explain` says how replies were chosen."""
    for answer in results:
        _OUT.print(printable(answer.input), style="bold", markup=False)
        for found in answer.predictions:
            _OUT.print(f"  {found.score:6.1%}  {printable(found.label)}", markup=False)
        for value in answer.values:
            _OUT.print(f"  {value:.6g}")
        if answer.replies:
            say(f"  replies: {' | '.join(answer.replies)}")
        if answer.suggestions is not None:
            _show_choice(answer.suggestions, explain)


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
    _pairs(rows)


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
    _pairs(rows)


def show_sweep(report: SweepReport) -> None:
    """The end of `bits`: a row a point by rising size, then what failed."""
    rows = [("point", "bits", "parameters", "bytes", "valid", "test", "p50 ms", "train s", "front")]
    rows += [
        (p.name, f"{p.bits:,}", f"{p.parameters:,}", f"{p.size_bytes:,}", f"{p.accuracy:.2%}",
         _percent(p.test_accuracy) or "-", f"{p.p50_ms:.3f}", f"{p.train_seconds:.0f}",
         ", ".join(p.front))
        for p in report.points
    ]  # fmt: skip
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for name, *numbers, front in rows:  # not a rich table, which cuts names to a narrow screen
        right = (cell.rjust(width) for cell, width in zip(numbers, widths[1:-1], strict=True))
        say("  ".join((name.ljust(widths[0]), *right, front)).rstrip())
    for failure in report.failures:
        say(f"failed: {failure.name}: {failure.reason}")


def show_propagation(report: PropagationReport) -> None:
    """The end of `propagate`."""
    state = "converged" if report.converged else "not converged: more --steps may help"
    _pairs(
        {
            "file": report.file,
            "graph": f"{report.nodes:,} nodes, {report.edges:,} edges",
            "edges of a node to itself, dropped": report.loops or None,
            "seeds": f"{report.seeds:,} nodes, {report.labels:,} labels",
            "steps": f"{report.steps}, {state}",
            "largest change of the last": f"{report.change:.2g}",
            "objective": f"{report.objective:.6g}",
            "nodes reached": _percent(report.reached_share),
        }
    )


def show_replies(found: ReplyEvaluation) -> None:
    """The end of `smart-reply evaluate`: a row a figure, a column a system."""
    say(
        f"{found.split}: {found.messages:,} messages, the true response of {found.with_intent:,} "
        "has an intent"
    )
    rows = _reply_rows((found.model, *found.baselines))
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        right = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        say("  ".join((name.ljust(widths[0]), *right)).rstrip())
    for note in found.notes:
        say(note)


def _reply_rows(systems: Sequence[SystemFigures]) -> list[tuple[str, ...]]:
    """Name of a figure and a cell for each system."""
    among = next((s.responses.candidates for s in systems if s.responses), 0)
    return [
        (name.format(among), *(_cell(system, path, form) for system in systems))
        for name, path, form in _REPLY_FIGURES
    ]


def _cell(system: Any, path: str, form: str) -> str:
    """The figure at a dotted path, "-" where there is none."""
    value = system
    for name in path.split("."):
        value = None if value is None else getattr(value, name)
    return "-" if value is None else format(value, form)


def show_building(report: BuildReport) -> None:
    """The end of `smart-reply build`."""
    intents = " | ".join(intent.name for intent in report.intents)
    rows = {
        "folder": report.folder,
        "pairs to learn from": f"{report.pairs:,}",
        "responses kept": f"{report.responses:,}, to {report.kept_share:.1%} of the pairs",
        "with an intent": f"{report.placed:,}, to {report.placed_share:.1%} of the pairs",
        f"{len(report.intents)} intents": intents,
    }
    for split in report.splits:
        rows[split.split] = f"{split.rows:,} rows, {split.answered_share:.1%} with an intent"
    _pairs(rows)
    say("report.md in the folder shows what each intent holds and what was thrown away")


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{value:.2%}"


def _pairs(rows: Mapping[str, Any]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        if value is not None:
            table.add_row(name, Text(printable(str(value))))
    _OUT.print(table)
