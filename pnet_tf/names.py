"""What can be named on the command line and in settings, and where each of it lives.

A table maps a name to `module:attribute`, which is imported when it is used, so that `--help`
knows every name and loads nothing. Another package adds its own in one of two ways, neither of
which touches this one: `PROJECTIONS.register("mine", "my_module:Mine")` in a program, or an entry
point of the table's group in its metadata (`[project.entry-points."pnet_tf.projections"]`), which
serves the commands too.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module, metadata
from typing import Any

from .errors import InputError


class Names:
    """One table: `what` its entries are, as in "projection must be one of ...".

    `group` is the entry point group for other packages' entries.
    """

    def __init__(self, what: str, group: str, entries: Mapping[str, str]) -> None:
        self.what, self.group = what, f"pnet_tf.{group}"
        self._entries: dict[str, Any] = dict(entries)
        self._found: dict[str, Any] | None = None

    def register(self, name: str, target: Any) -> None:
        """Add or replace `name`: "module:attribute", or the object itself."""
        if not isinstance(name, str) or not name:
            raise InputError(f"the name of a {self.what} must be text, got {name!r}")
        if isinstance(target, str) and not all(target.partition(":")):
            raise InputError(f"a {self.what} must be an object or module:name, got {target!r}")
        self._entries[name] = target

    def names(self) -> tuple[str, ...]:
        """All names, this package's first."""
        return (*self._entries, *(n for n in self._plugins() if n not in self._entries))

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._plugins()

    def get(self, name: str) -> Any:
        """The object of `name`; raises InputError, with the names there are, for another name."""
        if not isinstance(name, str) or name not in self:
            raise InputError(f"{self.what} must be one of {', '.join(self.names())}, got {name!r}")
        if name not in self._entries:
            self._entries[name] = self._loaded(name)
        elif isinstance(self._entries[name], str):
            module, _, attribute = self._entries[name].partition(":")
            self._entries[name] = getattr(import_module(module), attribute)
        return self._entries[name]

    def _loaded(self, name: str) -> Any:
        """What another package's entry point names."""
        point = self._plugins()[name]
        try:
            return point.load()
        except Exception as error:
            raise InputError(
                f"{self.what} {name!r} is {point.value} of another package, which does not load: "
                f"{type(error).__name__}: {error}"
            ) from error

    def _plugins(self) -> Mapping[str, Any]:
        """Entry points of installed packages, by name; read once."""
        if self._found is None:
            self._found = {point.name: point for point in metadata.entry_points(group=self.group)}
        return self._found


PROJECTIONS = Names(
    "projection",
    "projections",
    {
        "text": "pnet_tf.projections.text:TextProjection",
        "structured": "pnet_tf.projections.structured:StructuredProjection",
        "dense": "pnet_tf.projections.dense:DenseProjection",
        "local": "pnet_tf.projections.local:LocalProjection",
    },
)
"""Keras layers without trained weights: raw inputs -> bits."""

HEADS = Names(
    "head",
    "heads",
    {
        "linear": "pnet_tf.heads.bits:linear_head",
        "dense": "pnet_tf.heads.bits:dense_head",
        "lookup": "pnet_tf.heads.lookup:lookup_head",
        "sequence": "pnet_tf.heads.sequence:sequence_head",
        "local": "pnet_tf.heads.local:local_head",
    },
)
"""Functions (input_shape, outputs, **options) -> functional Keras model: bits -> logits."""

TRAINERS = Names(
    "trainer",
    "trainers",
    {
        "ff": "pnet_tf.trainers.networks:FF",
        "cnn": "pnet_tf.trainers.networks:CNN",
        "lstm": "pnet_tf.trainers.networks:LSTM",
        "gru": "pnet_tf.trainers.networks:GRU",
        "tfidf": "pnet_tf.trainers.networks:TFIDF",
        "encoder": "pnet_tf.trainers.networks:ENCODER",
    },
)
"""A `trainers.Network` for each kind of input that the trainer is for."""

LOSS_TERMS = Names(
    "loss term",
    "loss_terms",
    {
        "trainer": "pnet_tf.training.objective:TrainerLabels",
        "distillation": "pnet_tf.training.objective:Distillation",
        "projection": "pnet_tf.training.objective:ProjectionLabels",
        "representation": "pnet_tf.training.matching:Representation",
        "hints": "pnet_tf.training.matching:Hints",
    },
)
"""Classes of `training.objective.Term`."""

DATA_FORMATS = Names(
    "data format",
    "data_formats",
    {
        "idx": "pnet_tf.data.arrays:IDX_FOLDER",
        "images": "pnet_tf.data.images:IMAGE_FOLDER",
        "tables": "pnet_tf.data.tables:TABLE_FOLDER",
        "table": "pnet_tf.data.tables:TABLE",
        "npz": "pnet_tf.data.arrays:NPZ",
        "archive": "pnet_tf.data.images:IMAGE_ARCHIVE",
    },
)
"""`data.formats.Format` objects, asked in this order whether DATA is theirs."""

QUANTIZATIONS = Names(
    "quantize",
    "quantizations",
    {
        "none": "pnet_tf.tflite.modes:NONE",
        "dynamic": "pnet_tf.tflite.modes:DYNAMIC",
        "int8": "pnet_tf.tflite.modes:INT8",
        "int4": "pnet_tf.tflite.modes:INT4",
        "auto": "pnet_tf.tflite.modes:AUTO",
    },
)
"""`tflite.modes.Mode` objects: what an export stores, and what it promises."""
