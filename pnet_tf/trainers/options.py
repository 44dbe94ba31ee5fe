"""Types of the options that networks have; their ranges are checked where settings are read."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

Count: TypeAlias = Annotated[int, Meta(ge=1, le=65536)]
Counts: TypeAlias = Annotated[tuple[Count, ...], Meta(min_length=1)]
Fraction: TypeAlias = Annotated[float, Meta(ge=0, lt=1)]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of a network; each subclass says what its own mean."""
