"""Plain JSON into typed objects, with one sentence for whatever does not fit.

msgspec checks types and ranges; what it finds is said here as the rest of the package says it: the
key, what is allowed, the value given.
"""

from __future__ import annotations

import inspect
import math
import re
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import inspect as types

from .data.limits import shown
from .data.spec import InputSpec
from .errors import InputError
from .frozen import Frozen

_T = TypeVar("_T")
_PATH = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(?P<key>[^.\[\]]+)|\[(?P<index>\d+|\.\.\.)\]")


class Component(Frozen):
    """A `name` from one of the tables of `names`, and the options of what it names."""

    __slots__ = ("name", "options")
    name: str
    options: Mapping[str, Any]

    def __init__(self, name: str, options: Mapping[str, Any] | None = None) -> None:
        self._set(name=name, options=dict(options or {}))

    @classmethod
    def from_json(cls, value: Any) -> Component:
        """`{"name": ..., option: value, ...}`; raises InputError for anything else."""
        if not isinstance(value, Mapping):
            raise InputError(f"must be an object, got {shown(value)}")
        if not isinstance(value.get("name"), str):
            raise InputError(f"needs a name, which is text, got {shown(value.get('name'))}")
        return cls(value["name"], {key: item for key, item in value.items() if key != "name"})

    def to_json(self) -> dict[str, Any]:
        """The form that `from_json` reads."""
        return {"name": self.name, **self.options}

    def with_defaults(self, **options: Any) -> Component:
        """The same with further options, unless they are given."""
        return Component(self.name, {**options, **self.options})


def parse(value: Any, kind: type[_T], where: str = "", *, finite: bool = True) -> _T:
    """`value`, plain JSON, as a `kind`; `where` begins the InputError's sentence.

    Types are strict: "128", 2.5 and true are no whole numbers; NaN and infinity are no numbers
    where they must be `finite`.
    """
    try:
        found = msgspec.convert(value, kind, dec_hook=_decode)
        if finite and (path := _not_finite(value)):
            key, given = path.removeprefix("."), shown(_value_at(value, path))
            raise InputError(
                f"{where}{key}{' ' if key else ''}must be a finite number, got {given}"
            )
        return found
    except msgspec.ValidationError as error:
        raise InputError(_sentence(error, value, kind, where)) from None
    except RecursionError:
        raise InputError(f"{where}nested too deeply") from None


def check_known(value: Mapping[str, Any], kind: type, where: str = "") -> None:
    """Raises InputError for a key that a struct or dataclass does not have, where it allows any."""
    known = {item.encode_name for item in getattr(types.type_info(kind), "fields", ())}
    for name in value:
        if name not in known:
            raise InputError(_unknown(name, "", where, kind, ""))


def to_plain(value: Any) -> Any:
    """The reverse of `parse`."""
    return msgspec.to_builtins(value, enc_hook=_encode)


def options_of(function: Callable[..., Any], *, beside: Collection[str] = ()) -> dict[str, Any]:
    """Option -> type hint of a constructor or builder, but for those `beside` and `**kwargs`."""
    target = function.__init__ if inspect.isclass(function) else function
    hints = typing.get_type_hints(target, include_extras=True)
    signature = inspect.signature(function)
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {
        name: hints.get(name, Any)
        for name, parameter in signature.parameters.items()
        if parameter.kind in plain and name not in beside
    }


def check_options(
    what: str, component: Component, function: Callable[..., Any], *, beside: Collection[str] = ()
) -> dict[str, Any]:
    """Options of `component` as `function` takes them, types checked by its signature.

    `beside` are parameters that the caller fills. Raises InputError for an option that does not
    exist, a value of another type, and one that is missing.
    """
    hints = options_of(function, beside=beside)
    title = f"{what} {component.name!r}"
    for name in component.options:
        if name not in hints:
            allowed = ", ".join(hints) or "none"
            raise InputError(f"{title} does not take {shown(name)}; its options: {allowed}")
    for name, parameter in inspect.signature(function).parameters.items():
        needed = name in hints and parameter.default is inspect.Parameter.empty
        if needed and name not in component.options:
            raise InputError(f"{title} needs the option {name}")
    return {
        name: parse(value, hints[name], f"{title}: {name} ")
        for name, value in component.options.items()
    }


def _decode(kind: type, value: Any) -> Any:
    if kind in (Component, InputSpec):
        return kind.from_json(value)
    raise NotImplementedError(kind)


def _encode(value: Any) -> Any:
    return value.to_json()


def _not_finite(value: Any, path: str = "") -> str:
    """Where NaN or infinity stands, ".key[0]" say; "" where all numbers are finite."""
    if isinstance(value, float):
        return "" if math.isfinite(value) else path or "."
    items: Iterable[tuple[str, Any]] = ()
    if isinstance(value, Mapping):
        items = ((f"{path}.{key}", item) for key, item in value.items())
    elif isinstance(value, list | tuple):
        items = ((f"{path}[{index}]", item) for index, item in enumerate(value))
    return next(filter(None, (_not_finite(item, inner) for inner, item in items)), "")


def _sentence(error: msgspec.ValidationError, value: Any, kind: Any, where: str) -> str:
    text = str(error)
    found = _PATH.search(text)
    path = _spelt(found["path"] if found else "", value, kind)
    reason = text[: found.start()] if found else text
    key = _STEP.sub(lambda m: f".{m['key']}" if m["key"] else f"[{m['index']}]", path).lstrip(".")
    title = f"{where}{key} " if key else where
    unknown = re.match(r"Object contains unknown field `(.*)`", reason)
    if unknown:
        return _unknown(unknown[1], key, where, kind, path)
    missing = re.match(r"Object missing required field `(.*)`", reason)
    if missing:
        return f"{where}{f'{key}: ' if key else ''}{missing[1]} is missing"
    if reason.startswith(("Expected", "Invalid")):
        given = _value_at(value, path)
        return f"{title}must be {allowed(_type_at(kind, path))}, got {shown(given)}"
    return f"{where}{reason}" if reason.startswith(key or "\0") else f"{title}{reason}"


def _spelt(path: str, value: Any, kind: Any) -> str:
    """A path with the key that `[...]`, some item of an object, stands for."""
    before, dots, after = path.partition("[...]")
    items = _value_at(value, before)
    if not dots or not isinstance(items, Mapping):
        return path
    for key in items:
        try:
            msgspec.convert(_only(value, _steps(before), key), kind, dec_hook=_decode)
        except msgspec.ValidationError as error:
            if f"{before}[...]" in str(error) and re.fullmatch(r"[\w-]+", str(key)):
                return f"{before}.{key}{after}"
    return path


def _only(value: Any, steps: list[str], key: Any) -> Any:
    """`value` with nothing but `key` in the object that `steps` lead to."""
    if not steps:
        return {key: value[key]}
    if not isinstance(value, Mapping):
        return value
    return {**value, steps[0]: _only(value[steps[0]], steps[1:], key)}


def _unknown(name: str, key: str, where: str, kind: Any, path: str) -> str:
    known = _type_at(kind, path)
    names = [f.encode_name for f in getattr(known, "fields", ())]
    return f"{where}setting {key or ''}{'.' if key else ''}{name} does not exist; allowed: " + (
        ", ".join(names)
    )


def _steps(path: str) -> list[str]:
    return [m["key"] or m["index"] for m in _STEP.finditer(path)]


def _value_at(value: Any, path: str) -> Any:
    for step in _steps(path):
        if isinstance(value, Mapping):
            value = value.get(step, value if step == "..." else None)
        elif isinstance(value, list | tuple) and step.isdigit():
            value = value[int(step)]
    return value


def _type_at(kind: Any, path: str) -> types.Type:
    """The msgspec type that a path of an error leads to, as far as it can be followed."""
    node = _bare(types.type_info(kind))
    for step in _steps(path):
        node = _bare(_inner(node, step) or node)
    return node


def _inner(node: types.Type, step: str) -> types.Type | None:
    fields = {f.encode_name: f.type for f in getattr(node, "fields", ())}
    if step in fields:
        return fields[step]
    items = getattr(node, "item_types", None)
    if items is not None and step.isdigit() and int(step) < len(items):
        return items[int(step)]
    return getattr(node, "item_type", None) or getattr(node, "value_type", None)


def _bare(node: types.Type) -> types.Type:
    while isinstance(node, types.Metadata):
        node = node.type
    return node


_WORDS: tuple[tuple[type, str], ...] = (
    (types.BoolType, "true or false"),
    (types.StrType, "text"),
    (types.NoneType, "null"),
    (types.DictType, "an object"),
    (types.StructType, "an object"),
)


def allowed(node: types.Type) -> str:
    """What a type lets in, in words: `a whole number 1..65536`."""
    node = _bare(node)
    if isinstance(node, types.UnionType):
        return " or ".join(allowed(item) for item in node.types)
    if isinstance(node, types.LiteralType):
        return f"one of {', '.join(map(str, node.values))}"
    if isinstance(node, types.IntType):
        return f"a whole number{_range(node)}"
    if isinstance(node, types.FloatType):
        return f"a finite number{_range(node)}"
    if isinstance(node, types.TupleType):
        return f"{len(node.item_types)} numbers"
    if isinstance(node, types.CollectionType | types.VarTupleType):
        return f"a list, each {allowed(node.item_type)}"
    return next((words for kind, words in _WORDS if isinstance(node, kind)), "something else")


def _range(node: types.IntType | types.FloatType) -> str:
    low, high = node.ge, node.le
    if low is not None and high is not None:
        return f" {low:g}..{high:g}" if isinstance(node, types.FloatType) else f" {low}..{high}"
    parts = [
        f"{words} {bound:g}"
        for words, bound in (
            ("of at least", node.ge), ("above", node.gt), ("at most", node.le), ("below", node.lt),
        )
        if bound is not None
    ]  # fmt: skip
    return f" {' and '.join(parts)}" if parts else ""
