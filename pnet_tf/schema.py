"""The JSON schema of settings files, for editors: made from the types, ranges and signatures.

`python -m pnet_tf settings --schema` prints it; a settings file names it by `"$schema"`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from .names import HEADS, LOSS_TERMS, PROJECTIONS, TRAINERS, Names
from .parsing import Component, options_of
from .settings import STANDARD_TERMS, Settings

_FILLED = ("input_shape", "outputs")
"""Parameters that no settings file gives: the builder does."""


def settings_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a `--config` file: every key optional, unknown ones refused."""
    (reference,), found = msgspec.json.schema_components(
        [Settings], schema_hook=_hook, ref_template="#/$defs/{name}"
    )
    definitions = {name: _optional(item) for name, item in found.items()}
    name = reference["$ref"].rpartition("/")[2]
    whole = definitions.pop(name)
    keys = whole["properties"]
    keys["projection"] |= _named(PROJECTIONS, options_of)
    keys["head"] |= _named(HEADS, lambda made: options_of(made, beside=_FILLED))
    keys["trainer"] |= _trainers()
    keys["description"] = {"type": "string", "description": "For people."}
    keys["$schema"] = {"type": "string", "description": "Where this schema lies, for editors."}
    terms = _named(LOSS_TERMS, options_of, key=None)
    for name in STANDARD_TERMS:
        del terms["properties"][name]
    loss = definitions["LossSettings"]["properties"]
    loss["terms"] |= terms
    loss["lambdas"] = _numbers_or_names(loss["lambdas"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **whole,
        "title": "Settings of pnet-tf train",
        "$defs": definitions,
    }


def _numbers_or_names(lambdas: Mapping[str, Any]) -> dict[str, Any]:
    """Three weights in order, or an object of some of them."""
    said = ("description", "default")
    numbers = {key: value for key, value in lambdas.items() if key not in said}
    weights = dict(zip(STANDARD_TERMS, numbers["prefixItems"], strict=True))
    names = {"type": "object", "properties": weights, "additionalProperties": False}
    return {**{key: lambdas[key] for key in said}, "anyOf": [numbers, names]}


def _hook(kind: type) -> dict[str, Any]:
    if kind is Component:
        return {"type": "object"}
    raise NotImplementedError(kind)


def _optional(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A settings file may leave out what the recipe says, so nothing is required."""
    return {key: value for key, value in schema.items() if key != "required"}


def _named(
    table: Names, options: Callable[[Any], Mapping[str, Any]], key: str | None = "name"
) -> dict[str, Any]:
    """The options of each name: all of them where the name is left to the recipe."""
    each = {name: _options_schema(table.get(name), options) for name in table.names()}
    if key is None:
        return {"properties": {n: {"type": "object", "properties": p} for n, p in each.items()}}
    return {
        "properties": {key: {"enum": list(each)}},
        "allOf": [
            {
                "if": {"properties": {key: {"const": name}}, "required": [key]},
                "then": {
                    "properties": {key: True, **properties},
                    "additionalProperties": False,
                },
            }
            for name, properties in each.items()
        ],
    }


def _options_schema(made: Any, options: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
    parameters = inspect.signature(made).parameters
    found = {}
    for name, hint in options(made).items():
        schema = msgspec.json.schema(hint)
        default = parameters[name].default
        if default is not inspect.Parameter.empty:
            schema["default"] = list(default) if isinstance(default, tuple) else default
        found[name] = schema
    return found


def _trainers() -> dict[str, Any]:
    """Names of trainers; options are those of the kind of input, so any of them may stand there.

    Those of an ensemble stand under the names of its members.
    """
    options: dict[str, Any] = {}
    members: dict[str, Any] = {}
    for name in TRAINERS.names():
        made = TRAINERS.get(name)
        own: dict[str, Any] = {}
        for network in made if isinstance(made, tuple) else (made,):
            for key, field in _fields(network.options).items():
                for known in (options, own):
                    choices = known.setdefault(key, {"anyOf": []})["anyOf"]
                    if field not in choices:
                        choices.append(field)
        members[name] = {"type": "object", "properties": own, "additionalProperties": False}
    options["byte_length"] = {"type": "integer", "minimum": 1}
    names = {"enum": ["none", *TRAINERS.names()]}
    custom = {"type": "string", "pattern": ":"}
    return {
        "properties": {"name": {"anyOf": [names, custom]}, **options, **members},
        "additionalProperties": False,
    }


def _fields(options: type) -> dict[str, Any]:
    (reference,), found = msgspec.json.schema_components([options])
    return found[reference["$ref"].rpartition("/")[2]]["properties"]
