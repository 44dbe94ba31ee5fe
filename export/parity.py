"""Does the file answer as the Keras student does? Every export is asked, on real samples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import WorkError
from ..names import QUANTIZATIONS
from ..tflite.model import load_bytes
from ..tflite.oldest_runtime import oldest_python, run_on_oldest


@dataclass(frozen=True)
class Parity:
    """Agreement of a file with the Keras student on `samples` examples through one runtime.

    `same_label` is the share of equal top labels (1.0 for regression); `max_difference` is the
    largest difference of a score, or of a value in units of the values' standard deviation.
    """

    runtime: str
    samples: int
    same_label: float
    max_difference: float


def compare(runtime: str, expected: np.ndarray, found: np.ndarray, task: str) -> Parity:
    """The agreement of two [N, C] answers; NaN anywhere counts as an infinite difference."""
    if expected.shape != found.shape:
        raise WorkError(f"{runtime} gave {found.shape}, the Keras student {expected.shape}")
    scale = 1.0
    same = 1.0
    if task == "regression":
        scale = float(expected.std()) or 1.0
    else:
        same = float(np.mean(expected.argmax(-1) == found.argmax(-1)))
    difference = float(np.max(np.abs(expected - found))) / scale
    return Parity(runtime, len(expected), same, difference if np.isfinite(difference) else np.inf)


def check(parity: Parity, mode: str) -> Parity:
    """`parity`; raises WorkError when it is below what `mode` promises."""
    limit = QUANTIZATIONS.get(mode)
    if parity.same_label < limit.same_label or parity.max_difference > limit.max_difference:
        raise WorkError(
            f"the {mode} file disagrees with the Keras student on {parity.runtime}: same top label "
            f"{parity.same_label:.3f} (needed {limit.same_label}), largest difference "
            f"{parity.max_difference:.4f} (allowed {limit.max_difference})"
        )
    return parity


def host_answers(content: bytes, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Answers of the host's runtime with XNNPACK on and off, by the runtime's name."""
    answers = {}
    for xnnpack in (True, False):
        model = load_bytes(content, xnnpack=xnnpack, trusted=True)
        name = f"{model.runtime}, XNNPACK {'on' if xnnpack else 'off'}"
        answers[name] = model.scores(inputs)
    return answers


def oldest_answers(path: Path, inputs: np.ndarray) -> np.ndarray | None:
    """Answers of the oldest promised runtime; None where its venv has not been made."""
    python = oldest_python()
    return None if python is None else run_on_oldest(path, inputs, python)
