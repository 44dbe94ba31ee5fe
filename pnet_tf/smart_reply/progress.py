"""How far a building is, for whoever watches it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

READING, COUNTING, JUDGING = "reading pairs", "counting responses", "judging responses"
ANSWERED, COMPARING = "reading answered messages", "comparing messages"
CHOOSING, DRAWING = "choosing intents", "drawing silent pairs"
GROUPING = "grouping silent pairs"
UNLABELLED = "reading messages without a label"
EARLY = (COUNTING, JUDGING, ANSWERED, COMPARING, CHOOSING, DRAWING, GROUPING)
"""Steps before tables are written, in their order; READING comes first where pairs are kept."""


@dataclass(frozen=True)
class Progress:
    """Step `number` of `steps`, from 1, is `what`; `done` of `total` of its pairs, or messages, are
    done. `total` is None where nobody knows yet. `note`: a sentence on the building, or "".
    """

    number: int
    steps: int
    what: str
    done: int
    total: int | None
    note: str = ""


Show = Callable[[Progress], None]


def labelling(split: str) -> str:
    """The step that labels a split."""
    return f"labelling {split}"


class Teller:
    """Tells `show` what is done: the `Watch` of an engine, with the steps numbered."""

    def __init__(self, show: Show | None) -> None:
        self._show, self._steps = show, list(EARLY)
        self._last = Progress(0, 0, "starting", 0, None)

    def plan(self, steps: Sequence[str]) -> None:
        """Say which steps there are; of others the number stays that of the one before."""
        self._steps = list(steps)

    def __call__(self, what: str, done: int, total: int | None = None) -> None:
        """Tell that `done` of `total` are done of the step `what`."""
        known = what in self._steps
        number = self._steps.index(what) + 1 if known else self._last.number
        self._last = Progress(number, len(self._steps), what, done, total)
        if self._show is not None:
            self._show(self._last)

    def note(self, text: str) -> None:
        """Tell a sentence."""
        if self._show is not None:
            last = self._last
            self._show(Progress(last.number, last.steps, last.what, last.done, last.total, text))
