"""Lists and arrays in memory as a `Dataset`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np

from ..errors import InputError
from .labels import given_labels, given_replies, label_problem
from .limits import shown
from .parts import check_inputs, check_targets, make_part, one_kind
from .soft import SoftLabel, best_label, soft_label
from .types import Dataset, Part, Source, object_array
from .undivided import check_division, check_task, make_undivided

_Labels = tuple[str, ...] | None


def make_dataset(
    x: Any,
    y: Any,
    *,
    valid: tuple[Any, Any] | None = None,
    test: tuple[Any, Any] | None = None,
    labels: Sequence[str] | None = None,
    task: str | None = None,
    seed: int = 0,
    valid_fraction: float = 0.1,
    name: str = "data",
    replies: Mapping[str, Sequence[str]] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Dataset:
    """A data set of N examples in memory, which are copied.

    `x`: N texts; uint8 images [N, H, W] or [N, H, W, C]; or numbers [N, F].
    `y`: N label names, or integers, which are places in `labels` when that is given and otherwise
    become names; None stands for a row of train without a label, a mapping {"yes": 0.7, "no": 0.3}
    for one with several labels and their weights, of which figures know the largest. Floats, or any
    number with `task` "regression", are values [N] or [N, K].
    `valid` and `test` are such pairs (x, y). Without `valid`, a stratified `valid_fraction` of the
    labelled rows, drawn with `seed`, becomes the validation split. `labels` are those of train,
    sorted, unless given. `replies` are answers for a label, `roles` the labels that are
    affirmative, negative or silent. `name` stands in messages.

        data = make_dataset(["hi there", "bye now", ...], ["greet", "part", ...])

    Raises InputError in one sentence for whatever is wrong, as the readers of files do.
    """
    check_task(task)
    check_division(seed, valid_fraction)
    given = {"train": (x, y), "valid": valid, "test": test}
    pairs = {split: _pair(p, split, name) for split, p in given.items() if p is not None}
    chosen = task or _task_of(pairs["train"][1])
    if labels is not None and chosen != "classification":
        raise InputError(f"{name}: labels given for {chosen}; allowed: for classification only")
    outputs = None if labels is None else given_labels(labels, f"{name}: labels")
    parts = {split: _part(pair, split, chosen, outputs, name) for split, pair in pairs.items()}
    kind = one_kind(parts.values(), name)
    answers = given_replies(replies or {}, f"{name}: replies")
    source = Source(kind, chosen, parts, answers, roles or {})
    undivided = make_undivided(name, name, source, outputs)
    return undivided.divide(seed=seed, valid_fraction=valid_fraction)


def _pair(pair: Any, split: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise InputError(f"{name}: {split} must be a pair (x, y), got {shown(pair)}")
    x, y = _titles(split)
    return _as_array(pair[0], f"{name}: {x}"), _as_array(pair[1], f"{name}: {y}")


def _titles(split: str) -> tuple[str, str]:
    return ("x", "y") if split == "train" else (f"{split} x", f"{split} y")


def _as_array(values: Any, title: str) -> np.ndarray:
    """What was given as an array, texts and lists with gaps as an object array."""
    if values is None or isinstance(values, str | bytes | Mapping):
        raise InputError(f"{title} must be a list or an array, got {type(values).__name__}")
    odd = (type(None), str, Mapping)
    if isinstance(values, list | tuple) and any(isinstance(v, odd) for v in values):
        return object_array(values)
    try:
        found = np.asarray(values)
    except (ValueError, TypeError):
        raise InputError(f"{title} has rows of different shapes; allowed: equal shapes") from None
    return found.astype(object) if found.dtype.kind in "UT" else found


def _task_of(y: np.ndarray) -> str:
    return "regression" if y.dtype.kind == "f" else "classification"


def _part(
    pair: tuple[np.ndarray, np.ndarray],
    split: str,
    task: str,
    labels: _Labels,
    name: str,
) -> Part:
    x, y = _titles(split)
    inputs, title = _inputs(pair[0], f"{name}: {x}"), f"{name}: {y}"
    if task == "regression":
        return make_part(inputs, check_targets(pair[1], title, task), (name, x, y))
    hard, soft = _soft(pair[1], title)
    found = make_part(inputs, _class_names(hard, title, labels, split), (name, x, y))
    for row, shares in enumerate(soft or ()):
        if labels is not None and split == "train" and set(shares or ()) - set(labels):
            raise InputError(f"{title}[{row}] is {shown(shares)}; allowed: the labels given")
    return replace(found, soft=soft)


def _soft(y: np.ndarray, title: str) -> tuple[np.ndarray, list[SoftLabel | None] | None]:
    """`y` with the best label in the place of each mapping, and the mappings' shares."""
    values = y.tolist() if y.dtype == object and y.ndim == 1 else []
    if not any(isinstance(value, Mapping) for value in values):
        return y, None
    soft: list[SoftLabel | None] = [
        soft_label(value, f"{title}[{row}]") if isinstance(value, Mapping) else None
        for row, value in enumerate(values)
    ]
    hard = [
        value if shares is None else best_label(shares)
        for value, shares in zip(values, soft, strict=True)
    ]
    return object_array(hard), soft


def _inputs(x: np.ndarray, title: str) -> np.ndarray:
    if x.dtype != object or x.ndim != 1 or not x.size:
        return check_inputs(x, title, "texts, ")
    for row, text in enumerate(x.tolist()):
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"{title}[{row}] is {shown(text)}; allowed: text that is not empty")
    return object_array(str(text) for text in x.tolist())


def _class_names(y: np.ndarray, title: str, labels: _Labels, split: str) -> np.ndarray:
    """Class names, an object array [N], with None for the rows of train that have no label."""
    column = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if column.dtype != object or column.ndim != 1 or not column.size:
        check_targets(column, title, "classification")
    values = column.tolist()
    if len({isinstance(value, str) for value in values if value is not None}) > 1:
        raise InputError(f"{title} mixes text and numbers; allowed: one of the two")
    return object_array(
        _class_name(value, f"{title}[{row}]", labels, split) for row, value in enumerate(values)
    )


def _class_name(value: Any, title: str, labels: _Labels, split: str) -> str | None:
    if value is None:
        if split != "train":
            raise InputError(f"{title} is None; allowed: a label, which only train may lack")
        return None
    if isinstance(value, str):
        if problem := label_problem(value):
            raise InputError(f"{title} {problem}")
        if labels is not None and split == "train" and value not in labels:
            raise InputError(f"{title} is {shown(value)}; allowed: the labels given")
        return str(value)
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise InputError(f"{title} is {shown(value)}; allowed: label names or whole numbers")
    number = int(value)
    if labels is None:
        return str(number)
    if not 0 <= number < len(labels):
        raise InputError(f"{title} is {number}; allowed: 0..{len(labels) - 1}, places in labels")
    return labels[number]
