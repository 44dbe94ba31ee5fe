"""What a network must keep: limits on measures, as a person writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import InputError

ACCURACY, RUNTIME = "accuracy", "runtime"
MEASURES = {
    ACCURACY: "share of right answers of the file on valid, 0..1",
    "bytes": "of the whole file",
    "latency": "median time of an answer, in 256x256 matrix products on the same machine",
    "arena": "bytes of memory that the runtime plans for tensors",
    "macs": "multiply-accumulates of an answer",
    RUNTIME: "oldest runtime that the file runs on; 2.14 for tflite-runtime 2.14.0",
}
OLDEST, NEWEST = 2.14, 99.0
"""Values of `runtime`: of a file that the oldest promised runtime runs, and of any other."""
_FORM = re.compile(r"\s*([a-z_]+)\s*(<=|>=)\s*([0-9.eE+-]+)\s*(x|%)?\s*")


@dataclass(frozen=True)
class Requirement:
    """`name` operator `limit`; costs take <=, accuracy takes >=."""

    name: str
    operator: str
    limit: float

    def excess(self, value: float) -> float:
        """By how much `value` breaks the limit, as a share of it; 0 or less when it keeps it."""
        over = value - self.limit if self.operator == "<=" else self.limit - value
        return over / max(abs(self.limit), 1e-9)

    def __str__(self) -> str:
        unit = "x" if self.name == "latency" else ""
        return f"{self.name}{self.operator}{self.limit:.10g}{unit}"


def parse_requirements(given: Sequence[str]) -> tuple[Requirement, ...]:
    """`["bytes<=32000", ...]`; raises InputError for what is none, or contradicts another."""
    found = tuple(map(_parse, given))
    names = [one.name for one in found]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"there are two limits on {twice[0]}; give one")
    return found


def _parse(text: str) -> Requirement:
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InputError(f'a requirement must be like "bytes<=32000", got {text!r}')
    name, operator, number, unit = match.groups()
    if name not in MEASURES:
        raise InputError(f"a requirement must be on {', '.join(MEASURES)}, got {name!r}")
    wanted = ">=" if name == ACCURACY else "<="
    if operator != wanted:
        raise InputError(f"a limit on {name} must be {wanted}, got {text!r}")
    return Requirement(name, operator, _limit(name, number, unit, text))


def _limit(name: str, number: str, unit: str | None, text: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if unit == "%":
        value /= 100
    fits = {"x": name == "latency", "%": name == ACCURACY, None: True}[unit]
    if not (math.isfinite(value) and value > 0 and fits):
        raise InputError(f'a requirement must be like "bytes<=32000", got {text!r}')
    if name == ACCURACY and value > 1:
        raise InputError(f"accuracy is a share from 0 to 1, got {text!r}")
    if name == RUNTIME and value != OLDEST:
        raise InputError(f"runtime must be <={OLDEST}, the oldest that is promised, got {text!r}")
    return value


def with_unit(name: str, value: float) -> str:
    """A measured value as a person reads it: 11,792, 0.187x, 97.2%, a newer runtime."""
    if name == RUNTIME:
        return f"tflite-runtime {value}" if value == OLDEST else "a newer runtime"
    forms = {"latency": f"{value:.3g}x", ACCURACY: f"{value:.2%}"}
    return forms.get(name, f"{value:,.0f}")


def broken(requirements: Iterable[Requirement], facts: Mapping[str, float]) -> list[Requirement]:
    """Those that measured `facts` do not keep; what was not measured is not judged."""
    return [one for one in requirements if one.name in facts and one.excess(facts[one.name]) > 0]
