"""Precision search: the bits of each layer that make the smallest file which keeps the accuracy.

Hill et al. 2018, "Rethinking Numerical Representations for Deep Neural Networks": how far the
outputs of the last layer are correlated, squared, between the float network and a rounded one, on
ten inputs, says how much accuracy is left, so that few networks must be evaluated as a whole. Here
each layer is rounded alone; what is lost of R^2 adds up over layers, as errors that know nothing of
each other do, and so do the bytes that are saved. Choices that nothing beats in both are a line
from float to the fewest bytes, on which bisection finds the last one that keeps the accuracy.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..tflite.flatbuffer import pack, unpack
from ..tflite.modes import AUTO
from ..tflite.reader import read_model
from ..tflite.runtime import find_runtime
from .choice import Choice, front, kept_score, last_kept, r_squared
from .freeze import Job, Valid
from .quantize import plain
from .report import LayerPrecision, Precision
from .shrink import shrink
from .storage import Layer, Storage, head_layers, storages, stored
from .student import projection_scope

KEEP_ACCURACY = 0.002
"""What accuracy may be lost unless it is said."""

COMPARED = 10
"""Inputs whose last outputs are compared, as in the paper."""


@dataclass(frozen=True)
class Found:
    """A file as the converter gives it, with its layers rewritten, and how it was chosen."""

    content: bytes
    precision: Precision


def check_keep_accuracy(keep_accuracy: float | None, mode: str | None) -> float:
    """What accuracy may be lost, the default where None is given.

    Raises InputError unless it is 0..1, and for another mode than auto.
    """
    if keep_accuracy is None:
        return KEEP_ACCURACY
    number = isinstance(keep_accuracy, int | float) and not isinstance(keep_accuracy, bool)
    if not number or not 0 <= keep_accuracy <= 1:
        raise InputError(f"keep_accuracy must be 0..1, got {keep_accuracy!r}")
    if mode != AUTO.name:
        raise InputError(
            f"keep_accuracy must be left out unless quantize is {AUTO.name}, got {keep_accuracy}"
        )
    return float(keep_accuracy)


def auto(job: Job) -> bytes:
    """The smallest file of `job` that is found to keep the accuracy on `job.valid`."""
    return search(job).content


def search(job: Job) -> Found:
    """`auto`, with the layers and what the search took.

    Same arguments, same bytes. Raises InputError without labelled examples, and for a head whose
    weights are all read by gathers.
    """
    _valid(job)
    return search_space(Space(plain(job), job))


class Space:
    """Every way to store the head of `model`, the float file of `job`; counts what is tried.

    `options`: of each layer the ways that are looked at, float32 first; all of them unless given.
    Raises InputError for a job without labelled examples, and for a model without layers.
    """

    def __init__(
        self, model: bytes, job: Job, options: Callable[[Layer], tuple[Storage, ...]] = storages
    ) -> None:
        self.model, self.task, self.valid = model, job.task, _valid(job)
        self.layers = head_layers(model, projection_scope(job.student))
        if not self.layers:
            raise InputError(
                "quantize auto finds no dense or convolutional layer in this head: give dynamic or "
                "int8, which round the tables that a gather reads"
            )
        self.options = tuple(map(options, self.layers))
        self.probe = with_last_outputs(model)
        self.compared = _spread(self.valid.inputs, COMPARED)
        self.expected = last_outputs(self.probe, self.compared)
        self.candidates = self.evaluations = 0
        self._scores: dict[Choice, float] = {}

    def ways(self, choice: Choice) -> dict[Layer, Storage]:
        """How each layer is stored."""
        chosen = zip(self.layers, self.options, choice, strict=True)
        return {layer: options[index] for layer, options, index in chosen}

    def file(self, choice: Choice) -> bytes:
        """The model as `choice` stores it."""
        return stored(self.model, self.ways(choice))

    def compare(self, choice: Choice) -> tuple[int, float]:
        """Bytes, of a file that gives the last outputs too, and R^2 of those of ten inputs."""
        self.candidates += 1
        made = stored(self.probe, self.ways(choice))
        return len(shrink(made)), r_squared(last_outputs(made, self.compared), self.expected)

    def score(self, choice: Choice) -> float:
        """`kept_score` of `choice` on all labelled examples; asked once."""
        if choice not in self._scores:
            self.evaluations += 1
            found = last_outputs(stored(self.probe, self.ways(choice)), self.valid.inputs)
            self._scores[choice] = kept_score(found, self.valid.targets, self.task)
        return self._scores[choice]


def _valid(job: Job) -> Valid:
    if job.valid is None:
        raise InputError("quantize auto needs targets: it keeps the accuracy on labelled samples")
    return job.valid


def _spread(inputs: np.ndarray, most: int) -> np.ndarray:
    """Up to `most` rows, from the first to the last at equal distances: tables may be sorted."""
    return inputs[np.linspace(0, len(inputs) - 1, min(most, len(inputs))).astype(int)]


def search_space(space: Space) -> Found:
    """The smallest file of `space` that the search finds to keep the accuracy."""
    start = time.perf_counter()
    exact = (0,) * len(space.layers)
    line = front(_costs(space, exact))
    line = line if line[0] == exact else [exact, *line]
    least = space.score(exact) - space.valid.keep_accuracy - 1e-9  # sums of shares are not exact
    choice = line[last_kept(len(line), lambda index: space.score(line[index]) >= least)]
    _, agreement = space.compare(choice)
    precision = Precision(
        layers=tuple(
            LayerPrecision(layer.name, layer.weights, way.bits, way.activations)
            for layer, way in space.ways(choice).items()
        ),
        keep_accuracy=space.valid.keep_accuracy,
        float_accuracy=space.score(exact),
        accuracy=space.score(choice),
        r_squared=agreement,
        candidates=space.candidates,
        evaluations=space.evaluations,
        seconds=time.perf_counter() - start,
    )
    return Found(space.file(choice), precision)


def _costs(space: Space, exact: Choice) -> list[list[tuple[int, float]]]:
    """Bytes more than `exact`, the float file, and lost R^2, of each layer stored alone."""
    base, _ = space.compare(exact)
    found = []
    for place, options in enumerate(space.options):
        costs = [(0, 0.0)]
        for index in range(1, len(options)):
            size, agreement = space.compare((*exact[:place], index, *exact[place + 1 :]))
            costs.append((size - base, max(0.0, 1.0 - agreement)))
        found.append(costs)
    return found


def last_outputs(probe: bytes, inputs: np.ndarray) -> np.ndarray:
    """What the last layer gives for raw inputs [N, ...]: logits [N, C], or values."""
    graph = read_model(probe).subgraphs[0]
    interpreter = find_runtime().interpreter(probe)
    rows = []
    for row in inputs:
        interpreter.set_tensor(graph.inputs[0], row[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(graph.outputs[-1])[0])
    return np.array(rows, np.float32)


def with_last_outputs(model: bytes) -> bytes:
    """`model` that gives its logits too, as the last of its outputs; a regression as it is."""
    names = [node.name for node in read_model(model).subgraphs[0].operators]
    if "SOFTMAX" not in names:
        return model
    tree = unpack(model)
    graph = tree.subgraphs[0]
    softmax = graph.operators[len(names) - 1 - names[::-1].index("SOFTMAX")]
    graph.outputs = np.append(graph.outputs, softmax.inputs[0]).astype(np.int32)
    return pack(tree)
