"""The weight tensors of a model by their names, and the plan of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .._keras import keras, tf
from ..errors import InputError
from .plan import CompressionPlan

EVERY = "*"


def tensors_of(model: keras.Model) -> dict[str, tf.Variable]:
    """Name -> each trained weight tensor of two dimensions or more, biases left out."""
    found: dict[str, tf.Variable] = {}
    for variable in model.trainable_weights:
        name = variable.name.rsplit(":", 1)[0]
        if len(variable.shape) > 1 and "bias" not in name.rsplit("/", 1)[-1]:
            found[unused(name, found)] = variable
    return found


def sizes_of(model: keras.Model) -> dict[str, int]:
    """Weight tensor -> its weights, the largest first; equal ones in the order of the model."""
    found = {name: math.prod(tensor.shape) for name, tensor in tensors_of(model).items()}
    return dict(sorted(found.items(), key=lambda entry: -entry[1]))


def planned(
    model: keras.Model, plans: Mapping[str, CompressionPlan | Mapping[str, Any]] | CompressionPlan
) -> dict[str, CompressionPlan]:
    """The plan of each tensor that has one."""
    if isinstance(plans, CompressionPlan):
        plans = {EVERY: plans}
    names = list(tensors_of(model))
    if not names:
        raise InputError(f"model {model.name!r} has no weight tensor to compress")
    asked = {key: _plan(plan) for key, plan in plans.items()}
    for key in asked:
        if key != EVERY and not any(_names(key, name) for name in names):
            raise InputError(f"no weights are named {key!r}; there are {', '.join(names)}")
    found = {}
    for name in names:
        keys = sorted((k for k in asked if _names(k, name)), key=len)
        plan = asked[keys[-1]] if keys else asked.get(EVERY)
        if plan is not None and plan.active:
            found[name] = plan
    return found


def _plan(plan: CompressionPlan | Mapping[str, Any]) -> CompressionPlan:
    if isinstance(plan, CompressionPlan):
        return plan
    if not isinstance(plan, Mapping) or not set(plan) <= {"prune", "cluster", "method"}:
        raise InputError(f"a plan has prune, cluster and method, got {plan!r}")
    return CompressionPlan(**plan)


def _names(key: str, name: str) -> bool:
    return name == key or name.startswith(f"{key}/")


def unused(name: str, taken: Mapping[str, Any]) -> str:
    """`name`, with the least number behind it that makes it none of `taken`."""
    number = 1
    while (candidate := name if number == 1 else f"{name}_{number}") in taken:
        number += 1
    return candidate
