"""Settings of a training run, typed and frozen: the one place that knows keys, ranges and defaults.

A recipe is a JSON file in `pnet_tf/recipes`; a `--config` file has the same keys. `make_settings`
lays changes over a recipe. Nested objects (`projection`, `head`, `trainer`, `loss`, `schedule`,
`augment`, `graph`, `unlabelled`) are merged key by key, the terms of `loss` too, except that
another `name` replaces the whole object, whose options would not fit it. `qat` belongs to a head:
another head, or clusters, which int4 has no room for, end it unless they come with their own.
`epochs` end `min_updates` likewise: who counts them gets so many.
"""

from .fields import (
    FEWEST_CLUSTERS,
    MOST_CLUSTERS,
    MOST_SPARSE,
    QAT_MODES,
    STANDARD_TERMS,
    Augment,
    GraphSettings,
    LossSettings,
    Schedule,
    Settings,
    StudentConfig,
    UnlabelledSettings,
    Weight,
    parse_settings,
)
from .making import make_settings
from .merging import WHOLE_VECTOR
from .recipes import DEFAULT_RECIPES, read_config_file, read_recipe, recipe_names

__all__ = [
    "Augment",
    "DEFAULT_RECIPES",
    "FEWEST_CLUSTERS",
    "GraphSettings",
    "LossSettings",
    "MOST_CLUSTERS",
    "MOST_SPARSE",
    "QAT_MODES",
    "STANDARD_TERMS",
    "Schedule",
    "Settings",
    "StudentConfig",
    "UnlabelledSettings",
    "WHOLE_VECTOR",
    "Weight",
    "make_settings",
    "parse_settings",
    "read_config_file",
    "read_recipe",
    "recipe_names",
]
