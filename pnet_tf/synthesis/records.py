"""What is known of each network of a study, read from its Optuna trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna

    from .space import Network

NETWORK, FACTS, CURVE, RESPONSES, ACCURACY, EPOCHS, FORETOLD, ENDED, BROKEN = (
    "network", "facts", "curve", "responses", "accuracy", "epochs", "foretold", "ended", "broken"
)  # fmt: skip
"""User attributes of a trial."""
FINISHED, STOPPED, OUTSIDE, FAILED = "finished", "stopped", "outside", "failed"
"""How a network ended: trained to the end, stopped as hopeless, never trained as it breaks a limit
or cannot be built, or failed."""


@dataclass(frozen=True)
class Record:
    """One network: `accuracy` of its file on valid, None unless it was trained to the end.

    `curve`: accuracy of the student on valid after each epoch. `epochs`: how many were spent.
    `foretold`: the accuracy that was predicted before training (`start`) and after a quarter of it
    (`quarter`). `broken`: limits that it breaks, as texts.
    """

    number: int
    network: Network
    facts: Mapping[str, float]
    ended: str
    accuracy: float | None = None
    curve: tuple[float, ...] = ()
    responses: Mapping[str, float] = field(default_factory=dict)
    foretold: Mapping[str, float] = field(default_factory=dict)
    epochs: float = 0.0
    broken: tuple[str, ...] = ()


def records_of(trials: Iterable[optuna.trial.FrozenTrial]) -> list[Record]:
    """Of all trials that have ended, in their order."""
    return [record_of(trial) for trial in trials if ENDED in trial.user_attrs]


def record_of(trial: optuna.trial.FrozenTrial) -> Record:
    """Of one trial that has ended."""
    attrs: Mapping[str, Any] = trial.user_attrs
    return Record(
        number=trial.number,
        network=attrs[NETWORK],
        facts=attrs.get(FACTS, {}),
        ended=attrs[ENDED],
        accuracy=attrs.get(ACCURACY),
        curve=tuple(attrs.get(CURVE, ())),
        responses=attrs.get(RESPONSES, {}),
        foretold=attrs.get(FORETOLD, {}),
        epochs=attrs.get(EPOCHS, 0.0),
        broken=tuple(attrs.get(BROKEN, ())),
    )


def finished(records: Iterable[Record]) -> list[Record]:
    """Those that have an accuracy."""
    return [record for record in records if record.accuracy is not None]
