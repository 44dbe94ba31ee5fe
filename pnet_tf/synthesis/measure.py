"""Facts of a network that need no training: its real file is made of fresh weights and measured."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..data import Dataset
from ..data.spec import InputSpec
from ..export.draft import draft_untrained
from ..model import ProjectionNet, build_student
from ..settings import Settings, StudentConfig
from ..tflite.benchmark import benchmark_bytes
from ..tflite.compatibility import check_operators
from ..tflite.isolation import probe
from ..tflite.runtime import find_runtime
from .requirements import NEWEST, OLDEST, RUNTIME

CALIBRATION = 64
"""Training inputs that tell the ranges of int8."""
TIMED_RUNS, TIMES = 200, 3


@dataclass(frozen=True)
class Measured:
    """An untrained student and the facts of its file, by the names of `requirements.MEASURES`."""

    student: ProjectionNet
    facts: dict[str, float]


def measure(data: Dataset, settings: Settings, wanted: Collection[str]) -> Measured:
    """Build the student of `settings`, make its file and measure it.

    `bytes`, `macs` and `runtime` are always among the facts, `arena` and `latency` when `wanted`.
    Raises InputError for settings that make no student.
    """
    spec = InputSpec.of(data.kind, data.input_shape, settings.byte_length)
    student = build_student(StudentConfig.of(settings, spec, len(data.labels)))
    draft = draft_untrained(student, data.labels, data.train.inputs[:CALIBRATION], spec)
    facts = {"bytes": float(len(draft.content)), "macs": float(draft.macs)}
    return Measured(student, {**facts, **file_facts(draft.content, wanted)})


def file_facts(content: bytes, wanted: Collection[str]) -> dict[str, float]:
    """Facts that a file alone tells: `runtime`, and `arena` and `latency` when `wanted`."""
    facts = {RUNTIME: NEWEST if check_operators(content) else OLDEST}
    if "arena" in wanted:
        facts["arena"] = float(probe(content, find_runtime(), threads=1, xnnpack=False))
    if "latency" in wanted:
        facts["latency"] = relative_latency(content)
    return facts


def relative_latency(content: bytes) -> float:
    """Median time of an answer over that of a 256x256 product, the least of three readings."""
    found = []
    for _ in range(TIMES):
        timed = benchmark_bytes(content, runs=TIMED_RUNS)
        found.append(timed.p50_ms / (timed.reference_ms or float("inf")))
    return min(found)
