"""Whole settings of a recipe and changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .fields import Settings, parse_settings
from .merging import WHOLE_VECTOR, checked_changes, merged_changes
from .recipes import DEFAULT_RECIPES, read_recipe

TAUGHT: Mapping[str, Mapping[str, Any]] = {
    "text": {
        "trainer": {"name": "tfidf"},
        "trainer_first": True,
        "loss": {"lambdas": {"distillation": 2.0}},
        "schedule": {"epochs": 20, "min_updates": 3000},
        "unlabelled": {"ratio": 4.0},
    },
    "image": {
        "trainer_first": True,
        "loss": {"lambdas": {"distillation": 2.0}},
        "schedule": {"min_updates": 2000},
    },
    "dense": {"loss": {"lambdas": {"distillation": 1.0}}},
}
"""Kind of input -> what lies over its recipe where a trainer answers inputs without labels."""


def make_settings(
    kind: str,
    changes: Mapping[str, Any] | Sequence[Mapping[str, Any]] = (),
    *,
    recipe: str | None = None,
    taught: bool = False,
) -> Settings:
    """The whole settings for inputs of `kind`: a recipe, then the changes in turn.

    Without `recipe` it is the kind's default; for images with a projection of the whole image, the
    recipe of that. Where a trainer answers inputs without labels (`taught`, or the changes name
    some), TAUGHT lies over the recipe. Raises InputError for a key that does not exist or a value
    outside its range.
    """
    changes = checked_changes(changes)
    asked = merged_changes(changes)
    name = asked.get("projection", {}).get("name")
    whole = isinstance(name, str) and name in WHOLE_VECTOR
    default = "bits" if whole else DEFAULT_RECIPES[kind]
    answered = asked.get("trainer", {}).get("name") != "none"
    over = [TAUGHT[kind]] if answered and (taught or _names_unlabelled(asked)) else []
    return parse_settings(merged_changes([read_recipe(recipe or default), *over, *changes]))


def _names_unlabelled(asked: Mapping[str, Any]) -> bool:
    """Whether changes name inputs without labels, or ways to have some."""
    given = (
        asked.get("unlabelled", {}).get("inputs"),
        asked.get("labels_per_class"),
        asked.get("augment", {}).get("transfer"),
    )
    return any(value is not None for value in given)
