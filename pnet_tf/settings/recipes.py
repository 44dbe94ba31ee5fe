"""Settings by name, the recipes, and those of a `--config` file."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

from ..data.limits import shown
from ..errors import InputError
from ..files import read_text

DEFAULT_RECIPES = {"text": "text", "image": "image", "dense": "bits"}
"""Kind of input -> its recipe."""


def recipe_names() -> list[str]:
    """Names that `--recipe` takes."""
    folder = resources.files("pnet_tf") / "recipes"
    return sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".json"))


def read_recipe(name: str) -> dict[str, Any]:
    """The recipe `name`; raises InputError when there is none."""
    if name not in recipe_names():
        raise InputError(f"recipe must be one of {', '.join(recipe_names())}, got {shown(name)}")
    text = (resources.files("pnet_tf") / "recipes" / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)


def read_config_file(path: str | Path) -> dict[str, Any]:
    """A `--config` file; raises InputError unless it is a JSON object of settings."""
    try:
        content = json.loads(read_text(path), parse_constant=_no_constant)
    except RecursionError:
        raise InputError(f"{path} is not JSON: nested too deeply") from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} must hold a JSON object, found {type(content).__name__}")
    return content


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
