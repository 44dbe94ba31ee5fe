"""Options of the trainers, checked against their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InputError

_MOST = {"buckets": 2**20 - 2, "shortest": 8, "longest": 8, "byte_length": 2**16}
_MAY_BE_ZERO = {"units"}
_MOST_DEFAULT = 65536


def check_options(
    spec: str, defaults: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """`defaults` with the given options in their place; InputError on a name or value not allowed.

    A fraction is 0 or more and below 1; a list holds whole numbers from 1; a whole number is 1 or
    more (`units` 0: no such layer).
    """
    unknown = sorted(set(given) - set(defaults))
    if unknown:
        names = ", ".join(defaults) or "none"
        raise InputError(f"trainer {spec} has no option {unknown[0]!r}, allowed: {names}")
    options = {name: _value(name, given.get(name, value), value)
               for name, value in defaults.items()}
    if options.get("shortest", 0) > options.get("longest", 8):
        raise InputError(
            f"shortest must be at most longest, got {options['shortest']} and {options['longest']}"
        )
    return options


def _value(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, float):
        return _fraction(name, value)
    if isinstance(default, list):
        if not isinstance(value, list | tuple) or not value:
            raise InputError(f"{name} must be a list of whole numbers, got {value!r}")
        return [_whole(name, item, 1) for item in value]
    return _whole(name, value, 0 if name in _MAY_BE_ZERO else 1)


def _fraction(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise InputError(f"{name} must be 0 or more and below 1, got {value!r}")
    return float(value)


def _whole(name: str, value: Any, least: int) -> int:
    most = _MOST.get(name, _MOST_DEFAULT)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InputError(f"{name} must be a whole number {least}..{most}, got {value!r}")
    return value
