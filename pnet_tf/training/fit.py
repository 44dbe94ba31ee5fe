"""`fit`: a data set and settings in, a trained student out; nothing is written.

What would be refused is refused by `plan_fit`, before the first step; `JointTraining.run` trains. A
run on disk wraps the two (`runs.train`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .._keras import keras
from ..data import Dataset, make_dataset
from ..errors import InputError
from ..graph import Graph
from ..settings import Settings, make_settings
from ..trainers import Trainer
from .fitted import Fitted
from .graph import make_input_graph
from .objective import Term
from .planning import plan_fit
from .types import Watch

Changes = Settings | Mapping[str, Any] | Sequence[Mapping[str, Any]]


def fit(
    data: Dataset | tuple[Any, Any],
    settings: Changes = (),
    *,
    recipe: str | None = None,
    trainer: Trainer | keras.Model | None = None,
    student: keras.Model | None = None,
    terms: Sequence[Term] | None = None,
    teacher_logits: np.ndarray | None = None,
    graph: Graph | None = None,
    nodes: Any = None,
    unlabelled: Any = None,
    watch: Watch | None = None,
) -> Fitted:
    """Train a student on `data`, beside a trainer, and give both.

    `data` is a Dataset, or a pair (x, y) for `make_dataset`. `settings` are changes to the recipe
    (None: the default of the kind of input), as a `--config` file has them, or whole Settings.
    `trainer`: a Keras model of raw inputs, or the trainer of an earlier fit, in the place of the
    one that the settings name. `student`: a Keras model of your own, raw inputs -> logits, in the
    place of the one that the settings describe. `terms`: the objective in the place of that of the
    settings. `teacher_logits`: float [examples, outputs] that teach instead of a trainer. `graph`:
    edges between inputs, of which train labels some; `nodes` are the inputs of its nodes (None:
    their names, which are messages). The others learn what label propagation gives them, and all
    to answer as their neighbours do. `unlabelled`: inputs as those of `data`, on which the student
    learns what the trainer answers.

    Python, NumPy and TensorFlow are seeded with the settings' seed and TensorFlow is made
    deterministic: same arguments on one machine, same weights. Raises InputError for bad data or
    settings, WorkError for a loss that is not finite.
    """
    if isinstance(data, tuple):
        data = _from_pair(data, settings, recipe)
    if not isinstance(data, Dataset):
        raise InputError(f"data must be a Dataset or a pair (x, y), got {type(data).__name__}")
    whole = settings if isinstance(settings, Settings) else make_settings(
        data.kind, settings, recipe=recipe, taught=unlabelled is not None and trainer is None
    )  # fmt: skip
    if whole.trainer_weights is not None and trainer is None:
        raise InputError("trainer_weights name a run, which `train` reads; give fit its `trainer`")
    inputs = None if graph is None else make_input_graph(graph, nodes, data)
    plan = plan_fit(data, whole, trainer=trainer, student=student, terms=terms,
                    teacher_logits=teacher_logits, graph=inputs, unlabelled=unlabelled)  # fmt: skip
    return plan.run(watch)


def _from_pair(data: tuple[Any, Any], settings: Changes, recipe: str | None) -> Dataset:
    """Divided as the settings say, whose recipe the kind of input decides."""
    if len(data) != 2:
        raise InputError(f"data must be a pair (x, y), got {len(data)} things; use make_dataset")
    found = make_dataset(*data)
    whole = settings if isinstance(settings, Settings) else make_settings(
        found.kind, settings, recipe=recipe
    )  # fmt: skip
    return make_dataset(*data, seed=whole.seed, valid_fraction=whole.valid_fraction)
