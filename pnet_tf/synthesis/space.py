"""The space of networks for one kind of input: what its rooms declare, as one flat table.

A network is a value for each dimension. `network` names a projection and a head that fit each
other; dimensions of other projections and heads do not count (`active`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .._keras import forgetting_gradients, keras
from ..data.spec import InputSpec
from ..errors import InputError
from ..model import build_projection
from ..names import HEADS, PROJECTIONS
from ..parsing import Component
from ..settings.space import STRUCTURAL, TRAINING
from ..spaces import Space, space_of

PAIR, TRAINED = "network", "training"
Network = dict[str, Any]
"""A value for each dimension that counts."""


@dataclass(frozen=True)
class SearchSpace:
    """All networks for inputs of `kind`: the values of each dimension, by dotted name.

    `parts` are the spaces that the names before the last dot stand for.
    """

    kind: str
    dimensions: Mapping[str, tuple[Any, ...]]
    parts: Mapping[str, Space]

    @cached_property
    def ordered(self) -> frozenset[str]:
        """Dimensions whose values are numbers."""
        return frozenset(name for name, of in self.dimensions.items() if is_ordered(of))

    def active(self, values: Mapping[str, Any]) -> Network:
        """`values` of the dimensions that count for the network they name."""
        pair = str(values[PAIR])
        projection, _, head = pair.partition("+")
        counted = (f"projection.{projection}.", f"head.{head}.", f"{TRAINED}.")
        return {PAIR: pair, **{name: values[name] for name in self.dimensions
                               if name.startswith(counted)}}  # fmt: skip

    def changes(self, network: Mapping[str, Any]) -> dict[str, Any]:
        """A network as changes to settings."""
        projection, _, head = str(network[PAIR]).partition("+")
        return {
            "projection": {
                "name": projection,
                **self._options(network, f"projection.{projection}"),
            },
            "head": {"name": head, **self._options(network, f"head.{head}")},
            **self._options(network, TRAINED),
        }

    def _options(self, network: Mapping[str, Any], part: str) -> dict[str, Any]:
        chosen = {name.rpartition(".")[2]: value for name, value in network.items()
                  if name.rpartition(".")[0] == part}  # fmt: skip
        return self.parts[part].options(chosen)

    def random(self, rng: np.random.Generator, pair: str | None = None) -> Network:
        """Each dimension by itself, all values alike likely; with a `pair`, of that one."""
        values = {name: of[rng.integers(len(of))] for name, of in self.dimensions.items()}
        return self.active(values if pair is None else {**values, PAIR: pair})

    def mutated(self, network: Mapping[str, Any], rng: np.random.Generator) -> Network:
        """One to three dimensions drawn anew, numbers among their near ones."""
        values = {**self.random(rng), **network}
        names = [name for name in network if len(self.dimensions[name]) > 1]
        for name in rng.choice(names, min(len(names), int(rng.integers(1, 4))), replace=False):
            values[name] = self._near(name, values[name], rng)
        missing = {name: rng.choice(len(of)) for name, of in self.dimensions.items()
                   if name not in values}  # fmt: skip
        values |= {name: self.dimensions[name][place] for name, place in missing.items()}
        return self.active(values)

    def _near(self, name: str, value: Any, rng: np.random.Generator) -> Any:
        others = self.neighbours(name, value)
        return others[rng.integers(len(others))]

    def neighbours(self, name: str, value: Any) -> list[Any]:
        """Other values of a dimension one or two places away; without an order, all others."""
        values = self.dimensions[name]
        at = values.index(value)
        near = range(len(values)) if not is_ordered(values) else range(max(at - 2, 0), at + 3)
        return [values[place] for place in near if place != at and place < len(values)]

    def crossed(
        self, one: Mapping[str, Any], other: Mapping[str, Any], rng: np.random.Generator
    ) -> Network:
        """`one` with about half of the values that `other` has for the same dimensions."""
        return {name: other[name] if name in other and name != PAIR and rng.random() < 0.5
                else value for name, value in one.items()}  # fmt: skip

    def start(self, pair: str) -> Network:
        """The network of a pair that the rooms begin with."""
        own = self.parts[f"projection.{pair.partition('+')[0]}"].training
        values = {}
        for name, of in self.dimensions.items():
            part, _, option = name.rpartition(".")
            declared = self.parts[part].start if part else {}
            wanted = {**declared, **own} if part == TRAINED else declared
            values[name] = _begin(wanted.get(option), of)
        return self.active({**values, PAIR: pair})

    def corners(self) -> Iterator[Network]:
        """Of each pair the network of all first values and that of all last ones."""
        for pair in self.dimensions[PAIR]:
            for end in (0, -1):
                ends = {name: values[end] for name, values in self.dimensions.items()}
                yield self.active({**ends, PAIR: pair})

    def structure(self, network: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
        """What of a network its file shows: all but how its weights are found."""
        hidden = {f"{TRAINED}.{name}" for name in self._training() if name not in STRUCTURAL}
        dropped = {name for name in network if name.rpartition(".")[2].endswith("dropout")}
        return tuple(sorted((name, value) for name, value in network.items()
                            if name not in hidden | dropped))  # fmt: skip

    def _training(self) -> tuple[str, ...]:
        return tuple(self.parts[TRAINED].dimensions)

    def check(self, network: Any) -> Network:
        """A network that came from a file; raises InputError unless it is of this space."""
        if not isinstance(network, Mapping) or network.get(PAIR) not in self.dimensions[PAIR]:
            raise InputError("it is of another space")
        values = {name: of[0] for name, of in self.dimensions.items()} | dict(network)
        found = self.active(values)
        if set(found) != set(network):
            raise InputError("it is of another space")
        for name, value in found.items():
            if value not in self.dimensions[name]:
                raise InputError(f"it is of another space: {name} has no {value!r}")
        return found

    def fingerprint(self) -> str:
        """Hex digest of all dimensions and their values."""
        plain = json.dumps([self.kind, {k: list(v) for k, v in self.dimensions.items()}])
        return hashlib.sha256(plain.encode()).hexdigest()[:16]

    def narrowed(self, changes: Mapping[str, Sequence[Any]]) -> SearchSpace:
        """The space with only these values of some dimensions, or others of the same kind."""
        if not isinstance(changes, Mapping):
            raise InputError("a space must be an object: a list of values for each dimension")
        dimensions = dict(self.dimensions)
        for name, values in changes.items():
            if name not in dimensions:
                raise InputError(
                    f"the space has no dimension {name!r}; it has {', '.join(dimensions)}"
                )
            dimensions[name] = _checked_values(name, values, dimensions[name])
        return replace(self, dimensions=dimensions)


@forgetting_gradients()
def search_space(kind: str, input_shape: Sequence[int]) -> SearchSpace:
    """The space of what is registered: each projection for the kind with each head for its bits.

    A projection or a head without a declared `space` is left out.
    """
    spec = InputSpec.of(kind, tuple(input_shape), 128)
    pairs, parts = [], {TRAINED: TRAINING[kind]}
    for name, rank in _projections(spec):
        heads = [head for head in HEADS.names() if _fits(head, rank)]
        pairs += [f"{name}+{head}" for head in heads]
        parts[f"projection.{name}"] = space_of(PROJECTIONS.get(name)) or Space({})
        parts |= {f"head.{head}": space_of(HEADS.get(head)) or Space({}) for head in heads}
    dimensions: dict[str, tuple[Any, ...]] = {PAIR: tuple(pairs)}
    for part, space in parts.items():
        dimensions |= {f"{part}.{name}": tuple(of) for name, of in space.dimensions.items()}
    return SearchSpace(kind, dimensions, parts)


def _projections(spec: InputSpec) -> Iterator[tuple[str, int]]:
    """Projections with a space that read such input, and the rank of their bits."""
    for name in PROJECTIONS.names():
        made = PROJECTIONS.get(name)
        space = space_of(made)
        if space is None or spec.kind not in space.kinds:
            continue
        first = {option: of[0] for option, of in space.dimensions.items()}
        layer = build_projection(Component(name, space.options(first)), spec)
        yield name, len(layer(keras.Input(spec.shape, dtype=spec.dtype)).shape) - 1


def _fits(head: str, rank: int) -> bool:
    space = space_of(HEADS.get(head))
    return space is not None and rank in space.ranks


def is_ordered(values: Sequence[Any]) -> bool:
    """Whether values are numbers, which are near each other or not."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _begin(wanted: Any, values: Sequence[Any]) -> Any:
    """The declared start if the values have it, else the middle one."""
    return wanted if wanted in values else values[len(values) // 2 if is_ordered(values) else 0]


def _checked_values(name: str, values: Any, known: Sequence[Any]) -> tuple[Any, ...]:
    """Values that a person gives for a dimension; raises InputError for none or another type."""
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        raise InputError(f"{name} must be a list of values, got {values!r}")
    if not is_ordered(known):
        if strange := [value for value in values if value not in known]:
            raise InputError(f"{name} must be of {', '.join(map(str, known))}, got {strange[0]!r}")
        return tuple(dict.fromkeys(values))
    if not is_ordered(values):
        raise InputError(f"{name} must be numbers, got {values!r}")
    return tuple(sorted(set(values)))
