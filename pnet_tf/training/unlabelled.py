"""Inputs without labels beside train: the trainer answers them, the student learns to do so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..data import Dataset, hide_labels
from ..data.fingerprint import split_sha256
from ..data.parts import check_inputs, input_keys
from ..data.spec import items_of
from ..data.types import Split, object_array
from ..data.unlabelled import read_unlabelled
from ..errors import InputError
from ..settings import Settings
from ..trainers import SimilarWords
from .transfer import make_transfer


@dataclass(frozen=True, eq=False)
class UnlabelledExamples:
    """`data` has train's examples, then `count` ones without a label, the last `made` of them made.

    `hidden`: how many of train's examples had their label hidden. `dropped`: reason -> inputs that
    were left out.
    """

    data: Dataset
    count: int
    dropped: dict[str, int]
    hidden: int = 0
    made: int = 0

    @property
    def examples(self) -> int:
        """Of train, those without a label not counted."""
        return len(self.data.train.targets) - self.count

    @property
    def sha256(self) -> str:
        """Hex digest of the inputs that were added."""
        train = self.data.train
        added = Split(train.inputs[self.examples :], train.targets[self.examples :])
        return split_sha256(added, ())


def unlabelled_examples(
    data: Dataset, settings: Settings, given: Any = None, *, taught: bool
) -> UnlabelledExamples | None:
    """What is learned without labels, but for what is made; None where nothing is.

    Examples of train whose labels are hidden, and inputs given, else those that settings name.
    `taught`: whether a trainer answers them. Without one hidden examples are left out. Raises
    InputError as `hide_labels` and `make_unlabelled` do.
    """
    path, title, found = settings.unlabelled.inputs, "unlabelled", None
    if settings.labels_per_class is not None:
        found = _hidden(data, settings.labels_per_class, settings.seed, taught)
    if given is None and path is not None:
        given, title = read_unlabelled(path, data.kind), path
    if given is not None:
        found = _joined(found or UnlabelledExamples(data, 0, {}), given, title)
    return found


def _hidden(data: Dataset, per_class: int, seed: int, taught: bool) -> UnlabelledExamples:
    few, rest = hide_labels(data, per_class, seed)
    if not taught or not len(rest):
        dropped = {"without a trainer to answer": len(rest)} if len(rest) else {}
        return UnlabelledExamples(few, 0, dropped, len(rest))
    return replace(make_unlabelled(rest, few, "train, its labels hidden"), hidden=len(rest))


def _joined(found: UnlabelledExamples, inputs: Any, title: str) -> UnlabelledExamples:
    """`found` with further inputs behind its own."""
    more = make_unlabelled(inputs, found.data, title)
    dropped = {
        reason: found.dropped.get(reason, 0) + more.dropped.get(reason, 0)
        for reason in {**found.dropped, **more.dropped}
    }
    return replace(found, data=more.data, count=found.count + more.count, dropped=dropped)


def with_made(
    found: UnlabelledExamples | None,
    data: Dataset,
    settings: Settings,
    similar: SimilarWords | None = None,
) -> UnlabelledExamples | None:
    """`found` with the inputs behind its own that `augment.transfer` asks for.

    They are made of those of `found`, which is None for those of `data` alone; `similar` is that
    of `make_transfer`. Raises InputError as that does, and for a regression.
    """
    count, before = settings.augment.transfer, found or UnlabelledExamples(data, 0, {})
    if not count:
        return found
    data = before.data
    taken = [split.inputs for split in (data.valid, data.test) if split is not None]
    if data.task != "classification":
        raise InputError("augment.transfer makes inputs for classes, not for a regression")
    made = make_transfer(data.train.inputs, count, settings.seed, taken, similar)
    whole = _joined(before, made, "augment.transfer")
    return replace(whole, made=whole.count - before.count)


def make_unlabelled(inputs: Any, data: Dataset, title: str = "unlabelled") -> UnlabelledExamples:
    """`data` with `inputs` as training examples without a label.

    Texts without a word are left out, and inputs that valid or test has. Raises InputError for a
    regression, inputs of another kind or shape, and where none is left.
    """
    if data.task != "classification":
        raise InputError(f"{title}: inputs without labels are for classes, not for a regression")
    found, dropped = fitting(inputs, data, title), {}
    if data.kind == "text":
        found, dropped["empty"] = _only(found, [bool(text.strip()) for text in found.tolist()])
    measured = {
        key for split in (data.valid, data.test) if split is not None
        for key in input_keys(split.inputs)
    }  # fmt: skip
    found, dropped["in valid or test"] = _only(
        found, [key not in measured for key in input_keys(found)]
    )
    if not len(found):
        why = ", ".join(f"{count} {reason}" for reason, count in dropped.items() if count)
        raise InputError(f"{title}: no input is left; left out: {why or 'none'}")
    dropped = {reason: count for reason, count in dropped.items() if count}
    return UnlabelledExamples(with_unlabelled(data, found), len(found), dropped)


def fitting(inputs: Any, data: Dataset, title: str) -> np.ndarray:
    """`inputs` as `Split.inputs` of `data` are; raises InputError for another kind or shape."""
    if data.kind == "text":
        found = object_array(items_of(inputs))
        if not all(isinstance(item, str) for item in found.tolist()):
            raise InputError(f"{title}: inputs must be text, as the data are")
        return found
    found = check_inputs(np.asarray(inputs), title)
    if found.shape[1:] != data.train.inputs.shape[1:] or found.dtype != data.train.inputs.dtype:
        like = data.train.inputs
        raise InputError(
            f"{title} is {found.dtype} {list(found.shape)}; needed, as the data are: {like.dtype} "
            f"{['N', *like.shape[1:]]}"
        )
    return found


def _only(inputs: np.ndarray, kept: list[bool]) -> tuple[np.ndarray, int]:
    return inputs[np.array(kept, bool)], len(kept) - sum(kept)


def with_unlabelled(data: Dataset, inputs: np.ndarray) -> Dataset:
    """`data` whose train has `inputs` after its own, without a label."""
    train, count = data.train, len(inputs)
    targets = np.concatenate([train.targets, np.full(count, -1, train.targets.dtype)])
    soft = train.soft
    if soft is not None:
        pad = ((0, count), (0, 0))
        soft = replace(soft, labels=np.pad(soft.labels, pad), shares=np.pad(soft.shares, pad))
    return replace(data, train=Split(np.concatenate([train.inputs, inputs]), targets, soft))
