"""What a person sees while a command works: a line on standard error, where that is a terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from .compress.trials import Trial
    from .graph import Step
    from .smart_reply.progress import Progress as BuildProgress
    from .synthesis.keep import Kept
    from .synthesis.records import Record

_LINES = 50
_SILENCE_S = 30
"""Seconds of a step after which a line says how far it is, where there is no bar."""
_W = TypeVar("_W", bound="_Watch")


class _Watch:
    """A line of `columns` that is gone afterwards."""

    def __init__(self, *columns: ProgressColumn, **fields: Any) -> None:
        screen = Console(stderr=True)
        # without a terminal there is no bar, and stopping it would leave an empty line
        self._progress = Progress(
            *columns, console=screen, transient=True, disable=not screen.is_terminal
        )
        self._task = self._progress.add_task("starting", total=None, **fields)

    def __enter__(self: _W) -> _W:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._progress.live.is_started:
            self._progress.stop()

    def _show(self, done: int, total: int | None = None, what: str | None = None,
              **fields: Any) -> None:  # fmt: skip
        self._progress.start()  # does nothing once started
        self._progress.update(self._task, completed=done, total=total, description=what, **fields)


class TrainingWatch(_Watch):
    """A progress bar with all loss terms and both metrics, and a line an epoch, or for some."""

    def __init__(self) -> None:
        super().__init__(
            TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(),
            TimeRemainingColumn(), TextColumn("{task.fields[terms]}"), terms="",
        )  # fmt: skip

    def on_batch(self, epoch: int, step: int, steps: int, metrics: Mapping[str, float]) -> None:
        """Move the bar."""
        self._show(step + 1, steps, f"epoch {epoch + 1}", terms=_terms(metrics))

    def on_epoch(self, row: Mapping[str, float], epochs: int) -> None:
        """Print the epoch's line, or every so many where there would be hundreds."""
        epoch = int(row["epoch"])
        every = 1 if epochs <= _LINES else -(-epochs // (_LINES // 2))
        if epoch % every and epoch != epochs:
            return
        valid = {name[6:]: value for name, value in row.items() if name.startswith("valid_")}
        self._progress.console.print(
            f"epoch {epoch}/{epochs} | {_terms(row)} | valid {_metrics(valid)} | "
            f"{row['seconds']:.1f} s",
            soft_wrap=True, markup=False,
        )  # fmt: skip


class EmbeddingWatch(_Watch):
    """One line: how many texts an encoder has embedded; without a terminal now and then a line."""

    def __init__(self) -> None:
        super().__init__(
            TextColumn("embedding texts"), BarColumn(20), MofNCompleteColumn(),
            TimeRemainingColumn(),
        )  # fmt: skip
        self._said = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Move the bar, which the last text ends."""
        screen = self._progress.console
        if screen.is_terminal and done < total:
            self._show(done, total)
        elif screen.is_terminal:
            self._progress.stop()
        elif time.monotonic() - self._said > _SILENCE_S:
            self._said = time.monotonic()
            screen.print(f"embedding texts: {done:,} of {total:,}", soft_wrap=True)


class SweepWatch(_Watch):
    """One line: how many points of a sweep are done."""

    def __init__(self) -> None:
        super().__init__(
            TextColumn("points"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn()
        )

    def __call__(self, done: int, planned: int) -> None:
        """Move the bar."""
        self._show(done, planned)


class TrialWatch(_Watch):
    """One line: how many trials of a compression are done, and a line for each that was kept."""

    def __init__(self) -> None:
        columns = TextColumn("trial {task.completed}"), BarColumn(20), TimeElapsedColumn()
        super().__init__(*columns, TextColumn("{task.fields[best]}"), best="")

    def __call__(self, trial: Trial) -> None:
        """Move the bar."""
        line = f"{trial.size_bytes:,} bytes, score {trial.score:.4f}"
        if trial.kept:
            self._progress.console.print(f"trial {trial.number}: {line}", markup=False)
            self._show(trial.number, best=line)
        else:
            self._show(trial.number)


class SynthesisWatch(_Watch):
    """One line: networks that have ended; and the front as a table whenever a network joins it."""

    def __init__(self) -> None:
        columns = TextColumn("network {task.completed}"), BarColumn(20), TimeElapsedColumn()
        super().__init__(*columns, TextColumn("{task.fields[last]}"), last="")
        self._front: tuple[int, ...] = ()

    def __call__(self, record: Record, kept: Sequence[Kept]) -> None:
        """Say how it ended, and show the front anew where it is another."""
        from .fronts import pareto_front

        what = "-" if record.accuracy is None else f"{record.accuracy:.2%} on valid"
        size = f"{record.facts['bytes']:,.0f} bytes" if "bytes" in record.facts else "none made"
        why = f" ({record.broken[0]})" if record.broken else ""
        line = f"network {record.number}: {record.ended}, {size}, {what}{why}"
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
        places = pareto_front([one.size_bytes for one in kept], [one.accuracy for one in kept])
        front = tuple(kept[place].number for place in places)
        if front != self._front:
            self._front = front
            shown = ", ".join(f"{kept[place].size_bytes:,} bytes {kept[place].accuracy:.2%}"
                              for place in places)  # fmt: skip
            self._progress.console.print(
                f"front: {shown}", markup=False, highlight=False, soft_wrap=True
            )
        self._show(record.number + 1, last=line)


class StepWatch(_Watch):
    """One line: steps of a propagation, and how far from standing still it is."""

    def __init__(self) -> None:
        line = TextColumn("step {task.completed}, largest change {task.fields[change]}")
        super().__init__(line, TimeElapsedColumn(), change="-")

    def __call__(self, step: Step) -> None:
        """Renew the line."""
        self._show(step.step, change=f"{step.change:.2g}")


class BuildWatch(_Watch):
    """The bar of the step that a building is at, and a line for each one that is done.

    Without a terminal there are lines alone, of a long step now and then.
    """

    def __init__(self) -> None:
        super().__init__(
            TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(), state="",
        )  # fmt: skip
        self._at: BuildProgress | None = None
        self._began = self._said = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if error is None:
            self._say_step("done: ")
        elif self._at is not None and isinstance(error, KeyboardInterrupt):
            self._say("stopped; the same command goes on from the last step that is done")
        super().__exit__(kind, error, trace)

    def __call__(self, at: BuildProgress) -> None:
        """Renew the line."""
        if at.note:
            self._say(at.note)
            return
        if self._at is None or at.what != self._at.what:
            self._say_step("done: ")
            self._progress.reset(self._task)
            self._began = self._said = time.monotonic()
        self._at = at
        self._show(at.done, at.total, _step(at), state=self._state(at))
        if not self._progress.console.is_terminal and time.monotonic() - self._said > _SILENCE_S:
            self._say_step("")

    def _state(self, at: BuildProgress) -> str:
        """`1,000 of 2,000, 500/s`."""
        of = f" of {at.total:,}" if at.total is not None and at.done < at.total else ""
        rate = at.done / max(time.monotonic() - self._began, 1e-3)
        return f"{at.done:,}{of}, {rate:,.0f}/s"

    def _say_step(self, how: str) -> None:
        if self._at is not None:
            seconds = time.monotonic() - self._began
            self._say(f"{how}{_step(self._at)}: {self._state(self._at)}, {seconds:.1f} s")

    def _say(self, text: str) -> None:
        self._said = time.monotonic()
        self._progress.console.print(text, soft_wrap=True, markup=False, highlight=False)


def _step(at: BuildProgress) -> str:
    return f"step {at.number} of {at.steps}, {at.what}"


def _terms(row: Mapping[str, float]) -> str:
    """Every term there is, then the metrics on training examples."""
    losses = ", ".join(
        f"{name[:-5]} {value:.3f}" for name, value in row.items() if name.endswith("_loss")
    )
    return f"loss: {losses} | train {_metrics(row)}"


def _metrics(row: Mapping[str, float]) -> str:
    """`accuracy: trainer 91.2%, student 90.0%`."""
    for metric in ("accuracy", "mse"):
        found = {
            who: row[f"{name}_{metric}"]
            for name, who in (("trainer", "trainer"), ("projection", "student"))
            if np.isfinite(row.get(f"{name}_{metric}", np.nan))
        }
        if found:
            form = "{:.1%}" if metric == "accuracy" else "{:.4f}"
            return f"{metric}: " + ", ".join(f"{who} {form.format(v)}" for who, v in found.items())
    return ""
