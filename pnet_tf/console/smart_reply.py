"""The ends of the `smart-reply` commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .screen import pairs, say

if TYPE_CHECKING:
    from ..smart_reply.evaluate import ReplyEvaluation
    from ..smart_reply.offers import SystemFigures
    from ..smart_reply.report import BuildReport

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
    if report.unlabelled:
        rows["unlabelled"] = f"{report.unlabelled:,} further messages of train"
    pairs(rows)
    say("report.md in the folder shows what each intent holds and what was thrown away")
