"""Splits as read, checked and numbered, and the validation split drawn from train."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np

from ..errors import InputError
from .labels import check_replies, label_indices, label_problem, sorted_labels
from .limits import shown
from .replies import check_roles
from .soft import number_shares
from .spec import KINDS
from .splits import stratified_split
from .types import TASKS, Dataset, Part, Source, Split

MAX_SEED = 2**32 - 1


@dataclass(frozen=True)
class Undivided:
    """Data before train is divided, which may need settings that depend on the kind of input.

    `title` stands in messages. `splits` has train, and those of valid and test that were found.
    The other fields are those of `Dataset`.
    """

    title: str
    name: str
    kind: str
    task: str
    labels: tuple[str, ...]
    input_shape: tuple[int, ...]
    splits: Mapping[str, Split]
    replies: Mapping[str, tuple[str, ...]]
    roles: Mapping[str, str]

    def divide(self, *, seed: int = 0, valid_fraction: float = 0.1) -> Dataset:
        """The data set. Without a validation split of its own, a stratified `valid_fraction` of
        the labelled examples of train, drawn with `seed` (0..2**32 - 1), becomes one.

        Raises InputError for arguments out of range, and when no class can spare an example.
        """
        check_division(seed, valid_fraction)
        splits = dict(self.splits)
        if "valid" not in splits:
            splits |= _drawn(self.title, splits["train"], self.task, valid_fraction, seed)
        return Dataset(
            name=self.name,
            kind=self.kind,
            task=self.task,
            labels=self.labels,
            input_shape=self.input_shape,
            train=splits["train"],
            valid=splits["valid"],
            test=splits.get("test"),
            replies=self.replies,
            roles=self.roles,
        )


def make_undivided(
    title: str, name: str, source: Source, labels: Sequence[str] | None = None
) -> Undivided:
    """`source` with its targets numbered by `labels`, or by the sorted labels of train.

    Raises InputError when there is no train split or less than two classes in it, for labels that
    are not allowed or missing outside of train, for shapes that differ between the splits, replies
    without a label, and a validation split without any label of train.
    """
    if "train" not in source.parts:
        raise InputError(f"{title}: no train split; found {', '.join(source.parts) or 'none'}")
    for split, part in source.parts.items():
        check_part(title, split, part, source)
        _check_shape(title, split, part, source.parts["train"])
    chosen = _labels(title, source, labels)
    check_replies(source.replies, chosen, title)
    check_roles(source.roles, chosen, title)
    # a figure is of the one label; shares are for learning
    hard = {
        key: replace(p, soft=p.soft if key == "train" else None) for key, p in source.parts.items()
    }
    splits = {key: to_split(part, source.task, chosen) for key, part in hard.items()}
    if "valid" in splits:
        _check_valid(title, source, splits["valid"])
    shape = tuple(source.parts["train"].inputs.shape[1:])
    return Undivided(
        title, name, source.kind, source.task, chosen, shape, splits, source.replies, source.roles
    )


def to_split(part: Part, task: str, labels: Sequence[str]) -> Split:
    """`part` with class names as indices of `labels`, -1 for what is not there."""
    if task == "regression":
        return Split(part.inputs, part.targets)
    soft = None if part.soft is None else number_shares(part.targets.tolist(), part.soft, labels)
    return Split(part.inputs, label_indices(part.targets, labels), soft)


def check_part(title: str, split: str, part: Part, source: Source) -> None:
    """Raise InputError for what no split may have, whatever read it.

    Another kind than KINDS, no rows, unequal numbers of inputs and targets, a label that is not
    allowed, or none outside of train.
    """
    if source.kind not in KINDS:
        raise InputError(f"{title}: holds {shown(source.kind)}; allowed: {', '.join(KINDS)}")
    if not 0 < len(part.inputs) == len(part.targets):
        raise InputError(
            f"{title}: {split} has {len(part.inputs)} inputs and {len(part.targets)} targets;"
            " allowed: equal numbers above 0"
        )
    if source.task == "classification":
        _check_names(title, split, part.targets.tolist())


def check_task(task: str | None) -> None:
    """Raise InputError for another task than TASKS or None."""
    if task is not None and task not in TASKS:
        raise InputError(f"task must be {' or '.join(TASKS)}, got {shown(task)}")


def check_division(seed: int, valid_fraction: float) -> None:
    """Raise InputError for arguments of `Undivided.divide` that are out of range."""
    if not isinstance(valid_fraction, Real) or not 0 < valid_fraction < 1:
        raise InputError(f"valid_fraction must be above 0 and below 1, got {shown(valid_fraction)}")
    check_seed(seed)


def check_seed(seed: int) -> None:
    """Raise InputError for what is no seed."""
    if not isinstance(seed, Integral) or isinstance(seed, bool) or not 0 <= seed <= MAX_SEED:
        raise InputError(f"seed must be a whole number 0..{MAX_SEED}, got {shown(seed)}")


def _check_shape(title: str, split: str, part: Part, train: Part) -> None:
    """Inputs and regression targets must have one shape in all splits."""
    same_inputs = part.inputs.shape[1:] == train.inputs.shape[1:]
    if not same_inputs or part.targets.shape[1:] != train.targets.shape[1:]:
        here, there = (
            f"{list(p.inputs.shape[1:])} -> {list(p.targets.shape[1:])}" for p in (part, train)
        )
        raise InputError(f"{title}: {split} has shape {here}; allowed: {there} as in train")


def _check_names(title: str, split: str, names: list[str | None]) -> None:
    if None in names and split != "train":
        raise InputError(
            f"{title}: {split} row {names.index(None)} has no label; allowed: a label, which only"
            " rows of train may lack"
        )
    for name in set(names) - {None}:
        if problem := label_problem(name):
            row = names.index(name)
            raise InputError(f"{title}: the label of {split} row {row} {problem}")


def _labels(title: str, source: Source, given: Sequence[str] | None) -> tuple[str, ...]:
    if source.task != "classification":
        return ()
    train = source.parts["train"]
    soft = (name for shares in train.soft or () for name in shares or ())
    found = sorted_labels([*train.targets.tolist(), *soft])
    if len(found) < 2:
        state = f"one class, {shown(found[0])}" if found else "no label"
        raise InputError(f"{title}: train has {state}; needed: two or more")
    return found if given is None else tuple(given)


def _check_valid(title: str, source: Source, valid: Split) -> None:
    if source.task == "classification" and (valid.targets < 0).all():
        first = shown(source.parts["valid"].targets[0])
        raise InputError(
            f"{title}: no label of the validation split is one of train, the first is {first};"
            " needed: at least one that is"
        )


def _drawn(title: str, train: Split, task: str, fraction: float, seed: int) -> dict[str, Split]:
    """Train without, and valid with, the examples held out; only labelled ones are."""
    size = len(train.targets)
    labelled = np.flatnonzero(train.targets >= 0) if task == "classification" else np.arange(size)
    strata = train.targets[labelled] if task == "classification" else np.zeros(size, np.int64)
    try:
        _, held = stratified_split(strata, fraction, seed)
    except InputError as error:
        raise InputError(f"{title}: {error}") from None
    out = np.zeros(size, dtype=bool)
    out[labelled[held]] = True
    return {
        name: train.take(index)
        for name, index in (("train", np.flatnonzero(~out)), ("valid", np.flatnonzero(out)))
    }
