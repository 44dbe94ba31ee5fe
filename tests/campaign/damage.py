"""Malformed inputs, made from sound ones by rule and by hand; each has a title."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

WRONG = (None, True, -1, 0, 2.5, 1e400, float("nan"), "", "128", "\x1b[31m", [], [[]], {}, {"a": 1},
         10**30, -(10**30), ["x"] * 3)  # fmt: skip
"""Values that hardly any key takes; where one does, the command goes on as it should."""

CONFIGS_BY_HAND: dict[str, str] = {
    "empty": "",
    "not JSON": "{",
    "a list": "[]",
    "a number": "5",
    "null": "null",
    "text": '"text"',
    "two objects": "{} {}",
    "trailing comma": '{"seed": 1,}',
    "comment": '{"seed": 1 /* one */}',
    "single quotes": "{'seed': 1}",
    "NaN": '{"prune": NaN}',
    "Infinity": '{"schedule": {"learning_rate": Infinity}}',
    "deep list": "[" * 100_000,
    "deep object": '{"head": ' * 50_000 + "1" + "}" * 50_000,
    "deep option": '{"projection": {"functions": ' + "[" * 900 + "]" * 900 + "}}",
    "unknown key": '{"epohcs": 3}',
    "unknown key below": '{"schedule": {"epoch": 3}}',
    "key of another object": '{"epochs": 3}',
    "escape in a key": '{"\\u001b[31mred": 1}',
    "escape in a name": '{"head": {"name": "\\u001b[31mred"}}',
    "name twice removed": '{"head": {"name": null}}',
    "name a dict": '{"head": {"name": {}}}',
    "name a list": '{"projection": {"name": ["text"]}}',
    "name empty": '{"trainer": {"name": ""}}',
    "name only a colon": '{"trainer": {"name": ":"}}',
    "trainer without function": '{"trainer": {"name": "os:"}}',
    "trainer not a module": '{"trainer": {"name": "no_such_module_here:f"}}',
    "trainer no function": '{"trainer": {"name": "json:nothing"}}',
    "trainer gives no model": '{"trainer": {"name": "operator:add"}}',
    "option of another head": '{"head": {"name": "linear", "units": [4]}}',
    "option of the builder": '{"head": {"name": "linear", "outputs": 4}}',
    "option of Keras": '{"projection": {"name": "text", "trainable": true}}',
    "trainer option of the builder": '{"trainer": {"name": "ff", "kind": "image"}}',
    "term that does not exist": '{"loss": {"terms": {"nothing": {}}}}',
    "term twice": '{"loss": {"terms": {"projection": {"weight": 1}}}}',
    "term of a wrong option": '{"loss": {"terms": {"projection": {"wait": 1}}}}',
    "term that is no object": '{"loss": {"terms": {"projection": 5}}}',
    "clusters with int4": '{"cluster": 4, "qat": "int4"}',
    "one cluster": '{"cluster": 1}',
    "no loss of the student": '{"loss": {"lambdas": [1, 0, 0]}}',
    "shortest above longest": '{"trainer": {"name": "ff", "shortest": 5, "longest": 2}}',
    "image augmentation": '{"augment": {"shift": 1}}',
    "columns no power of two": '{"projection": {"functions": 3, "bits": 7}}',
    "image projection of text": '{"projection": {"name": "local", "filters": 4}}',
    "image head of text": '{"head": {"name": "local"}}',
    "lookup of tokens": '{"head": {"name": "lookup"}}',
    "frozen without weights": '{"freeze_trainer": true}',
    "weights of nowhere": '{"trainer_weights": "nowhere"}',
    "weights without trainer": '{"trainer_weights": "nowhere", "trainer": {"name": "none"}}',
    "logits of nowhere": '{"teacher_logits": "nowhere.npz"}',
    "seed too large": '{"seed": 4294967296}',
    "memory of a lifetime": '{"byte_length": 99999999999}',
}


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of all keys of nested objects, the objects themselves included."""
    for key, item in value.items():
        yield (*path, key)
        if isinstance(item, dict):
            yield from leaves(item, (*path, key))


def changed(value: Any, path: tuple[str, ...], new: Any) -> Any:
    """A copy with `new` at `path`; ... removes the key."""
    copied = copy.deepcopy(value)
    inner = copied
    for key in path[:-1]:
        inner = inner[key]
    if new is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return copied


def wrong_values(sound: dict[str, Any], each: int, seed: int = 0) -> Iterator[tuple[Any, ...]]:
    """(title, path, value): `each` wrong values for every key of `sound`."""
    rng = np.random.default_rng(seed)
    for path in leaves(sound):
        for place in rng.choice(len(WRONG), each, replace=False):
            yield f"{'.'.join(path)} = {str(WRONG[place])[:20]!r}", path, WRONG[place]


def nested(path: tuple[str, ...], value: Any) -> Any:
    """`value` below the keys of `path`."""
    for key in reversed(path):
        value = {key: value}
    return value


def bytes_of(data: bytes, rng: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """(title, content): a file cut, emptied, overwritten, doubled and with single bytes changed."""
    yield "empty", b""
    yield "one byte", data[:1]
    yield "half", data[: len(data) // 2]
    yield "without its end", data[:-1]
    yield "doubled", data + data
    yield "zeros", bytes(len(data))
    yield "random", rng.bytes(len(data))
    yield "text", b"hello"
    for _ in range(12):
        place = int(rng.integers(len(data)))
        other = bytes([data[place] ^ int(rng.integers(1, 256))])
        yield f"byte {place} changed", data[:place] + other + data[place + 1 :]
