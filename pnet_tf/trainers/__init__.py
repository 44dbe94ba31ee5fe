"""Trainer (teacher) networks, encoded inputs to logits: they stay at home, never exported."""

from ..random_state import random_state_variables, use_random_state_variables
from .base import Trainer
from .build import build_trainer, default_trainer, rebuild_trainer
from .stored import load_teacher_logits

__all__ = [
    "Trainer",
    "build_trainer",
    "default_trainer",
    "load_teacher_logits",
    "random_state_variables",
    "rebuild_trainer",
    "use_random_state_variables",
]
