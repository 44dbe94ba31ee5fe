"""Trainer (teacher) networks, encoded inputs to logits: they stay at home, never exported."""

from .base import Encoder, Network, SimilarWords, Trainer
from .build import build_trainer, default_trainer, is_custom, rebuild_trainer, wrap_trainer
from .embedding_cache import embedding_watch
from .stored import load_teacher_logits

__all__ = [
    "Encoder",
    "Network",
    "SimilarWords",
    "Trainer",
    "build_trainer",
    "default_trainer",
    "embedding_watch",
    "is_custom",
    "load_teacher_logits",
    "rebuild_trainer",
    "wrap_trainer",
]
