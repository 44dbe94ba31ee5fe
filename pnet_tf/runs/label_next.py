"""`label-next`: the inputs of a file to label next, by a run, as a table to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..data import Dataset, read_source
from ..data.sheet import SHEET_ENDINGS, sheet_text
from ..data.unlabelled import names_of, read_unlabelled
from ..errors import InputError
from ..files import atomic_write_text, check_writable
from ..training.choice import choose_to_label, labelled, look_with, student_look
from ..training.unlabelled import fitting
from . import directory as runs
from .load import Trust, load_student, load_trainer


@dataclass(frozen=True)
class LabelRow:
    """An input to label.

    `input`: the message, the path of the image, or the number of the row from 0 on. `guess`: the
    label that the run would give it. `margin`: of that label's score over the next one, 0..1.
    """

    input: str
    guess: str
    margin: float


@dataclass(frozen=True)
class LabelNextReport:
    """Inputs to label of `candidates`; `left_out`: reason -> inputs that are none.

    `file`: the table that was written; null without one. `named`: what names an input, text, path
    or row. `judge`: the trainer or the student, whose scores these are.
    """

    file: str | None
    named: str
    judge: str
    candidates: int
    left_out: Mapping[str, int]
    rows: tuple[LabelRow, ...]

    def table(self, tabs: bool = False) -> str:
        """Columns `named`, label (empty) and guess, for people to fill in and `train` to read."""
        rows = ((row.input, "", row.guess) for row in self.rows)
        return sheet_text((self.named, "label", "guess"), rows, tabs)


def label_next_run(
    path: str | Path,
    unlabelled: str | Path,
    count: int = 50,
    *,
    out: str | Path | None = None,
    data: str | None = None,
    trust: Trust = False,
) -> LabelNextReport:
    """At most `count` inputs of the file or folder `unlabelled` to label next, by the run `path`.

    Those whose label would teach the most, see `training.choice`; what the data of the run have is
    left out. `data` names these where they lie elsewhere now. `out`: a .csv or .tsv to write.
    Raises InputError, before the work, for an `out` that exists: somebody may have filled it in.
    """
    target = None if out is None else _new_table(out)
    run = runs.read_finished_run(path)
    config = run.config
    known = _known(run, data)
    inputs = fitting(read_unlabelled(unlabelled, known.kind), known, str(unlabelled))
    named, names = names_of(unlabelled, inputs)
    trainer = load_trainer(run, trust)
    look = (
        look_with(trainer.model, trainer.encode) if trainer is not None
        else student_look(load_student(run), lambda some: config.input.encode(some).array)
    )  # fmt: skip
    chosen = choose_to_label(inputs, count, known, look, config.settings.seed)
    rows = tuple(LabelRow(names[row.place], row.guess, row.margin) for row in chosen.rows)
    judge = "student" if trainer is None else "trainer"
    report = LabelNextReport(
        None if out is None else str(out), named, judge, chosen.candidates, chosen.left_out, rows
    )
    if target is not None:
        tabs = str(out).lower().endswith(".tsv")
        atomic_write_text(target, report.table(tabs))
    return report


def _known(run: runs.Run, data: str | None) -> Dataset:
    """The data of the run as they are now, rows that came since too, with the run's labels."""
    config, settings = run.config, run.config.settings
    try:
        source = read_source(data or config.data, task=config.task)
    except InputError as error:
        also = "" if data else "; give --data where the data of the run lie elsewhere now"
        raise InputError(f"{error}{also}") from None
    found = source.divide(seed=settings.seed, valid_fraction=settings.valid_fraction)
    shape = () if config.input.kind == "text" else config.input.shape
    if (found.kind, found.input_shape) != (config.input.kind, shape):
        raise InputError(f"{data or config.data} has other inputs than {run.path} was trained on")
    return replace(labelled(found, settings), labels=run.labels)


def _new_table(out: str | Path) -> Path:
    if not str(out).lower().endswith(SHEET_ENDINGS):
        raise InputError(f"{out} must end in {' or '.join(SHEET_ENDINGS)}")
    target = check_writable(out)
    if target.exists():
        raise InputError(f"{out} exists already, perhaps filled in; give the table another name")
    return target
