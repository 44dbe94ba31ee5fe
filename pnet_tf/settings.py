"""Settings of a training run: a recipe, changed by a file, changed by single options.

A recipe is a JSON file in `pnet_tf/recipes`; a `--config` file has the same keys. Nested objects
(`projection`, `head`, `trainer`, `loss`, `schedule`, `augment`) are merged key by key, except that
another `name` replaces the whole object, whose options would not fit it. `qat` belongs to a head:
another head, or clusters, which int4 has no room for, end it unless they come with their own.
`epochs` end `min_updates` likewise: who counts them gets so many.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from .errors import InputError

WHOLE_VECTOR = frozenset({"structured", "dense"})  # projections with the same options
DEFAULT_RECIPES = {"text": "text", "image": "image", "dense": "bits"}
QAT_MODES = ("none", "int8", "int4")
BASE: Mapping[str, Any] = {
    "byte_length": 128,
    "projection": {},
    "head": {},
    "trainer": {},
    "loss": {},
    "schedule": {},
    "augment": {},
    "class_weights": False,
    "freeze_trainer": False,
    "trainer_weights": None,
    "teacher_logits": None,
    "qat": "none",
    "prune": 0.0,
    "cluster": 0,
    "valid_fraction": 0.1,
    "seed": 0,
}


def recipe_names() -> list[str]:
    """Names that `--recipe` takes."""
    folder = resources.files("pnet_tf") / "recipes"
    return sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".json"))


def read_recipe(name: str) -> dict[str, Any]:
    """The recipe `name`; raises InputError when there is none."""
    if name not in recipe_names():
        raise InputError(f"recipe must be one of {', '.join(recipe_names())}, got {name!r}")
    text = (resources.files("pnet_tf") / "recipes" / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)


def read_config_file(path: str | Path) -> dict[str, Any]:
    """A `--config` file; raises InputError unless it is a JSON object."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} must hold a JSON object, found {type(content).__name__}")
    return content


def plain_settings(changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`changes` over the base alone: what is known before the kind of input is."""
    settings: dict[str, Any] = dict(BASE)
    for change in changes:
        settings = _merge(settings, change)
    return settings


def make_settings(
    kind: str, changes: Sequence[Mapping[str, Any]] = (), *, recipe: str | None = None
) -> dict[str, Any]:
    """The whole settings for inputs of `kind`: a recipe, then the changes in turn.

    Without `recipe` it is the kind's default; for images with a projection of the whole image, the
    recipe of that. Raises InputError for a key that does not exist.
    """
    asked = plain_settings(changes)["projection"].get("name")
    default = "bits" if asked in WHOLE_VECTOR else DEFAULT_RECIPES[kind]
    return plain_settings([read_recipe(recipe or default), *changes])


def _merge(settings: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(settings)
    for key, value in change.items():
        if key == "description":
            continue
        if key not in BASE:
            raise InputError(f"setting must be one of {', '.join(BASE)}, got {key!r}")
        if isinstance(BASE[key], dict):
            value = _merge_object(key, settings[key], value)
        if key == "qat" and value not in QAT_MODES:
            raise InputError(f"qat must be one of {', '.join(QAT_MODES)}, got {value!r}")
        merged[key] = value
    other_head = settings["head"].get("name") not in (None, merged["head"].get("name"))
    if "qat" not in change and (other_head or change.get("cluster")):
        merged["qat"] = "none"
    schedule = change.get("schedule", {})
    if "epochs" in schedule and "min_updates" not in schedule:
        merged["schedule"] = {**merged["schedule"], "min_updates": 0}
    return merged


def _merge_object(key: str, old: Mapping[str, Any], new: Any) -> dict[str, Any]:
    if not isinstance(new, Mapping):
        raise InputError(f"setting {key!r} must be an object, got {new!r}")
    names = {old.get("name"), new.get("name", old.get("name"))}
    replaced = len(names) > 1 and not names <= WHOLE_VECTOR
    return dict(new) if replaced else {**old, **new}
