"""What a search may choose of a component: each room declares the space of what it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

_T = TypeVar("_T")

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Space:
    """Dimensions by name, each with its values, and how chosen values become options.

    Numbers rise, so that a search knows which are near; texts and booleans have no order. `start`
    has the values to begin with where these are not the middle ones. Of a head, `ranks` are those
    of the bits that it is for: 1 a vector, 2 tokens, 3 a grid. Of a projection, `kinds` are the
    inputs to search it for, and `training` the values to begin a training of it with where these
    are not the usual ones.
    """

    dimensions: Mapping[str, Sequence[Any]]
    options: Callable[[Values], dict[str, Any]] = dict
    start: Values = field(default_factory=dict)
    ranks: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    training: Values = field(default_factory=dict)


def searched(space: Space) -> Callable[[_T], _T]:
    """A decorator: what it stands over, a projection or a head, has this `space`."""

    def declare(made: _T) -> _T:
        made.space = space  # type: ignore[attr-defined]
        return made

    return declare


def space_of(made: Any) -> Space | None:
    """The declared space of a projection or a head; None where none is."""
    found = getattr(made, "space", None)
    return found if isinstance(found, Space) else None
