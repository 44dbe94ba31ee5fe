"""The ends of `train`, `teach` and `label-next`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .screen import pairs, percent, say

if TYPE_CHECKING:
    from ..runs.label_next import LabelNextReport
    from ..runs.teach import TeachReport


def show_training(report: Any) -> None:
    """The end of `train`."""
    rows = {
        "run": report.run,
        "epochs": report.epochs,
        "seconds": f"{report.seconds:.0f}",
        "head parameters": f"{report.parameters:,}",
        "bits": f"{report.bits:,}",
        "examples, train / valid": f"{report.train_examples:,} / {report.valid_examples:,}",
        "labels hidden": f"{report.hidden_labels:,}" if report.hidden_labels else None,
        "without a label": _unlabelled(report),
        "messages cut to fit": report.cut_messages or None,
        "valid accuracy, trainer": percent(report.valid_trainer_accuracy),
        "valid accuracy, projection network": percent(report.valid_projection_accuracy),
        "valid mse, trainer": report.valid_trainer_mse,
        "valid mse, projection network": report.valid_projection_mse,
    }
    pairs(rows)
    if report.advice:
        say(report.advice)


def _unlabelled(report: Any) -> str | None:
    out = ", ".join(f"{count:,} {why}" for why, count in report.unlabelled_dropped.items())
    made = f", {report.made_examples:,} of them made" if report.made_examples else ""
    found = f"{report.unlabelled_examples:,}{made}" + (f"; left out: {out}" if out else "")
    return found if report.unlabelled_examples or out else None


def show_teaching(report: TeachReport) -> None:
    """The end of `teach`."""
    pairs(
        {
            "file": report.file,
            "logits": f"{report.examples:,} examples, {report.outputs} labels",
            "trainers": report.trainers,
            "right on the training split": f"{report.train_accuracy:.2%}",
        }
    )


def show_labels_next(report: LabelNextReport) -> None:
    """The end of `label-next`: the inputs, unless they are in a file, and what they are of."""
    if report.file is None:
        widest = max(len(row.guess) for row in report.rows)
        for row in report.rows:
            say(f"{row.margin:.3f}  {row.guess:{widest}}  {row.input}")
    out = ", ".join(f"{count:,} {why}" for why, count in report.left_out.items())
    pairs(
        {
            "file": report.file,
            "to label": f"{len(report.rows):,} of {report.candidates:,}",
            "left out": out or None,
            "margins and guesses": f"of the {report.judge}",
        }
    )
