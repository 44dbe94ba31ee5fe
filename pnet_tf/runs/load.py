"""The trained networks of a finished run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..errors import InputError
from ..model import ProjectionNet, build_student
from ..trainers import Trainer, is_custom, rebuild_trainer
from .directory import STUDENT, TRAINER, Run, load_weights

Trust: TypeAlias = bool | Callable[[str], bool]
"""Consent to import the code that a run names: once and for all, or asked with the question."""


def load_student(run: Run) -> ProjectionNet:
    """The trained ProjectionNet of a finished run; raises InputError when it does not fit."""
    student = build_student(run.config.student)
    load_weights(run.path / STUDENT, student)
    return student


def load_trainer(run: Run, trust: Trust = False) -> Trainer | None:
    """The trained trainer of a finished run; None when there was none.

    Raises InputError for a trainer of the user's own code without `trust`.
    """
    trainer = fresh_trainer(run, trust)
    if trainer is not None:
        load_weights(run.path / TRAINER, trainer.model)
    return trainer


def fresh_trainer(run: Run, trust: Trust = False) -> Trainer | None:
    """`load_trainer` without its weights."""
    if run.config.trainer is None:
        return None
    ask(run, run.config.trainer.get("spec"), trust)
    return rebuild_trainer(run.config.trainer)


def ask(run: Run, spec: object, trust: Trust) -> None:
    """Raise InputError where the trainer `spec` of a run is code and `trust` does not consent.

    A run may come from elsewhere, and importing the module runs it.
    """
    if not isinstance(spec, str) or not is_custom(spec):
        return
    question = f"{run.path} has a trainer of its own code, {spec!r}: import that module and run it?"
    if not (trust(question) if callable(trust) else trust):
        raise InputError(
            f"{run.path} has a trainer of its own code, {spec!r}, which is not run without "
            "consent: look at that module, then give --trust"
        )
