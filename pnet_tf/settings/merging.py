"""Changes laid over settings: see the package for what replaces what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..data.limits import shown
from ..errors import InputError
from ..parsing import parse
from .fields import STANDARD_TERMS, LossSettings, Settings, Weight

WHOLE_VECTOR = frozenset({"structured", "dense"})  # projections with the same options


def checked_changes(given: Any) -> list[Mapping[str, Any]]:
    """One or several changes as a list; raises InputError for what is no object."""
    many = given if isinstance(given, list | tuple) else [given]
    found = [{} if change is None else change for change in many]
    for change in found:
        if not isinstance(change, Mapping):
            raise InputError(f"settings must be an object of changes, got {shown(change)}")
    return found


_OBJECTS = ("projection", "head", "trainer", "loss", "schedule", "augment", "graph",
            "unlabelled")  # fmt: skip
_COMMENTS = ("description", "$schema")
"""Keys of a file that are for people and their editors."""


def merged_changes(changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Each laid over those before it; raises InputError for a key that does not exist."""
    merged: dict[str, Any] = {}
    for change in changes:
        merged = _merge(merged, change)
    return merged


def _merge(settings: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(settings)
    for key, value in change.items():
        if key in _COMMENTS:
            continue
        if key not in Settings.__struct_fields__:
            known = ", ".join(Settings.__struct_fields__)
            raise InputError(f"setting must be one of {known}, got {shown(key)}")
        if key in _OBJECTS:
            value = _merge_object(key, settings.get(key, {}), value)
        if key == "loss":
            value = _merge_terms(settings.get(key, {}), value)
        merged[key] = value
    before, after = settings.get("head", {}).get("name"), merged.get("head", {}).get("name")
    other_head = before is not None and before != after
    if "qat" not in change and (other_head or change.get("cluster")):
        merged["qat"] = "none"
    schedule = change.get("schedule", {})
    if "epochs" in schedule and "min_updates" not in schedule:
        merged["schedule"] = {**merged["schedule"], "min_updates": 0}
    return merged


def _merge_object(key: str, old: Mapping[str, Any], new: Any) -> dict[str, Any]:
    if not isinstance(new, Mapping):
        raise InputError(f"setting {key!r} must be an object, got {shown(new)}")
    before = old.get("name")
    after = new.get("name", before)
    both_whole = all(isinstance(n, str) and n in WHOLE_VECTOR for n in (before, after))
    replaced = before not in (None, after) and not both_whole
    return dict(new) if replaced else {**old, **new}


def _merge_terms(old: Mapping[str, Any], merged: Mapping[str, Any]) -> dict[str, Any]:
    """`merged` with its `lambdas` by name laid over the old ones, and its `terms` likewise."""
    found = dict(merged)
    if isinstance(found.get("lambdas"), Mapping):
        before = old.get("lambdas", LossSettings().lambdas)
        found["lambdas"] = _by_name(before, found["lambdas"])
    before, terms = old.get("terms"), found.get("terms")
    if isinstance(before, Mapping) and isinstance(terms, Mapping):
        found["terms"] = {**before, **{n: _over(before.get(n), o) for n, o in terms.items()}}
    return found


def _by_name(before: Any, weights: Mapping[str, Any]) -> Any:
    """The three weights of `before`, with those that are named."""
    for name, weight in weights.items():
        if name not in STANDARD_TERMS:
            raise InputError(
                f"loss.lambdas names {', '.join(STANDARD_TERMS)}, got {shown(name)}; "
                "a further term has its weight in loss.terms"
            )
        parse(weight, Weight, f"loss.lambdas.{name} ")
    if not isinstance(before, list | tuple) or len(before) != len(STANDARD_TERMS):
        return before  # refused later
    return [weights.get(name, x) for name, x in zip(STANDARD_TERMS, before, strict=True)]


def _over(old: Any, new: Any) -> Any:
    return {**old, **new} if isinstance(old, Mapping) and isinstance(new, Mapping) else new
