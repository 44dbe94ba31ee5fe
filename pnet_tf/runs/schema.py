"""Schemas of a run's config.json: the one that is written, and how older ones are read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError

SCHEMA = 2
_FIRST = ("task", "input", "outputs", "projection", "head", "settings", "data", "version")
_TWICE = ("projection", "head", "qat", "prune", "cluster")
"""What schema 1 says beside `settings` too; there they are as the student was built."""


def upgraded(config: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A config.json of any known schema in the newest form; raises InputError for another."""
    stored = dict(config)
    schema = stored.pop("schema", None)
    if schema == 1 and type(schema) is int:
        return _from_first(stored, path)
    if schema != SCHEMA or type(schema) is not int:
        raise InputError(f"{path} has schema {schema!r}; this version reads 1 and {SCHEMA}")
    return stored


def _from_first(config: dict[str, Any], path: Path) -> dict[str, Any]:
    missing = [key for key in _FIRST if key not in config]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}: it is no whole run")
    settings = config["settings"]
    if not isinstance(settings, dict):
        raise InputError(f"{path}: settings must be an object, got {settings!r}")
    built = {key: config.pop(key) for key in _TWICE if key in config}
    head = built.get("head")
    if isinstance(head, dict) and head.get("name") == "local":
        built["head"] = {"seed": 0, **head}  # it did not take over the projection's seed
    trainer = settings.get("trainer") or {"name": "none"}
    return {"trainer": None, **config, "settings": {**settings, "trainer": trainer, **built}}
