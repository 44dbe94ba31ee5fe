"""What a search may choose of a training besides the projection and the head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..spaces import Space, Values


def _options(chosen: Values) -> dict[str, Any]:
    """Chosen values as changes to settings."""
    places = {
        "byte_length": ("byte_length",),
        "qat": ("qat",),
        "label_smoothing": ("loss", "label_smoothing"),
        "learning_rate": ("schedule", "learning_rate"),
        "batch_size": ("schedule", "batch_size"),
        "shift": ("augment", "shift"),
        "flip": ("augment", "flip"),
        "drop_words": ("augment", "drop_words"),
    }
    changes: dict[str, Any] = {}
    for name, value in chosen.items():
        *before, last = places[name]
        inside = changes
        for key in before:
            inside = inside.setdefault(key, {})
        inside[last] = value
    return changes


_ALL = {
    "qat": ("none", "int8", "int4"),
    "learning_rate": (0.001, 0.002, 0.003, 0.005, 0.008, 0.012),
    "batch_size": (32, 64, 128),
    "label_smoothing": (0.0, 0.05, 0.1, 0.2),
}

_START = {"qat": "none", "learning_rate": 0.005, "batch_size": 64, "label_smoothing": 0.1}

TRAINING: Mapping[str, Space] = {
    "text": Space(
        {"byte_length": (64, 96, 128), **_ALL, "drop_words": (0.0, 0.05, 0.1)},
        _options,
        start={**_START, "byte_length": 128, "qat": "int4", "drop_words": 0.0},
    ),
    "image": Space(
        {**_ALL, "shift": (0, 1, 2), "flip": (False, True)}, _options, start={**_START, "shift": 1}
    ),
    "dense": Space(_ALL, _options, start=_START),
}
"""Kind of input -> the space of its training."""

STRUCTURAL = ("byte_length", "qat")
"""Of these, what the file shows; the others only change how its weights are found."""
