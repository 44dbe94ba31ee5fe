"""The smallest plans that keep a model's score on valid: tried, and retrained if need be.

First the zeros and then the values, by bisection of a ladder: of the large tensors together, of
each of them, of the small ones together. Then single steps of each tensor until none keeps the
loss; then the other ways to choose values. At last, where it is asked for, a longer training of
the smallest. Plans of another model can come before all that. What was tried is on disk at once,
so that a killed search goes on.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from .._keras import keras, require_keras
from ..errors import InputError
from ..files import atomic_write_bytes
from .coded_model import coded_bytes, floats_of, load_coded, save_coded, set_floats
from .ladders import LADDERS, Plans, active, between, next_steps, plain, rung
from .network import CompressedModel, compress_model
from .plan import METHODS, CompressionPlan
from .tensors import planned, sizes_of, tensors_of
from .trials import TRIALS, WEIGHTS, Trial, TrialFolder

_LARGE = 0.05
"""A tensor with this share of all weights is bisected by itself."""


@dataclass(frozen=True)
class Choice:
    """What a search came to; scores on valid, `ratio` is float32_bytes / size_bytes."""

    base_score: float
    score: float
    float32_bytes: int
    size_bytes: int
    ratio: float
    trials: int
    plans: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Trainable:
    """A model with what a trial needs: `fit(compressed)` retrains it, `score(model)` measures it.

    A greater score is better. `finish` is a longer `fit`, for the end of a search alone. Both must
    compile the model that they get.
    """

    model: keras.Model
    fit: Callable[[CompressedModel], Any]
    score: Callable[[keras.Model], float]
    finish: Callable[[CompressedModel], Any] | None = None


def choose_plans(
    net: Trainable,
    folder: str | os.PathLike[str],
    keep_loss: float,
    *,
    slack: float = 0.0,
    like: Mapping[str, CompressionPlan | Mapping[str, Any]] | None = None,
    seed: int = 0,
    show: Callable[[Trial], Any] = lambda trial: None,
) -> Choice:
    """Search until nothing smaller has a score of at least the model's own less `keep_loss`.

    With `net.finish` a trial may lose `slack` more; of those kept the smallest is found, by
    bisection, whose longer training ends within `keep_loss`, and plans between it and the next;
    where none does the search is made again without slack. A short `fit` of a large model does not
    show what it could come to; a long one for each trial takes days.

    `like`: plans, as `Choice` and `plans_found` give them, of a model of the same shape that was
    compressed before. They are tried first, with the longer training; where they lose too much,
    what lies between the model and them, by halves. Only where none keeps the loss there is a
    search.

    `folder` holds the trials and the weights of the smallest; called again, it goes on there. At
    the end `net.model` has these weights. Raises InputError for a `keep_loss` or `slack` below 0,
    a slack that no `finish` makes good, a folder of another search, a model without weights to
    compress, and plans of other weights.
    """
    require_keras(net.model, keras.Model, "model")
    for name, value in (("keep_loss", keep_loss), ("slack", slack)):
        if not value >= 0:
            raise InputError(f"{name} must be 0 or more, got {value!r}")
    if slack and net.finish is None:
        raise InputError("slack wants a finish, which makes it good")
    before = planned(net.model, like or {})
    return _Search(net, Path(folder), keep_loss, slack, before, seed, show).run()


class _Search:
    def __init__(
        self,
        net: Trainable,
        folder: Path,
        keep_loss: float,
        slack: float,
        like: Plans,
        seed: int,
        show: Callable[[Trial], Any],
    ) -> None:
        self.net, self.folder, self.seed, self.show = net, folder, seed, show
        self.like = like
        self.sizes = sizes_of(net.model)
        self.names = list(self.sizes)
        if not self.names:
            raise InputError(f"model {net.model.name!r} has no weight tensor to compress")
        coded_bytes(net.model)  # what cannot be coded is refused before the first retraining
        self.original = self._now()
        self.weights, self.plans = self.original, Plans()
        self.base = float(net.score(net.model))
        self.wanted, self.least = self.base - keep_loss, self.base - keep_loss - slack
        self.float32_bytes = 4 * sum(weight.size for weight in self.original)
        self.size, self.score = self.float32_bytes, self.base
        self.trials = TrialFolder(folder, self._identity(keep_loss, slack))
        self.number, self.kept = 0, list[tuple[int, Plans]]()

    def _identity(self, keep_loss: float, slack: float) -> dict[str, Any]:
        """What must be equal for a search to go on."""
        digest = hashlib.sha256(b"".join(weight.tobytes() for weight in self.original))
        found = {"names": self.names, "weights": digest.hexdigest(), "base_score": self.base,
                 "keep_loss": keep_loss, "slack": slack, "seed": self.seed,
                 "final": self.net.finish is not None}  # fmt: skip
        return {**found, "like": plain(self.like)} if self.like else found

    def _now(self) -> list[np.ndarray]:
        return [variable.numpy() for variable in floats_of(self.net.model)]

    def run(self) -> Choice:
        if self.like and not self._try(self.like, start=0):
            self._refine(self.like)
        if not self.plans:
            self._searched()
        set_floats(self.net.model, self.weights)
        save_coded(self.net.model, self.folder / WEIGHTS)
        return Choice(
            base_score=self.base, score=self.score, float32_bytes=self.float32_bytes,
            size_bytes=self.size, ratio=round(self.float32_bytes / self.size, 2),
            trials=self.number, plans=plain(self.plans),
        )  # fmt: skip

    def _searched(self) -> None:
        self._search()
        if self.net.finish is not None:
            self._finish()
            if not self.plans:  # too much was hoped of longer training
                self.least = self.wanted
                self._search()

    def _search(self) -> None:
        self._bisected()
        self._each()
        self._methods()

    def _bisected(self) -> None:
        """Of each unit the most zeros, then the fewest values, each by bisection of its ladder."""
        for field, ladder in LADDERS.items():
            for unit in self._units():
                now = getattr(self._plan(unit[0]), field)
                low, high = rung(ladder, now), len(ladder)
                while high - low > 1:
                    middle = (low + high) // 2
                    change: Any = {field: ladder[middle]}
                    plans = {name: replace(self._plan(name), **change) for name in unit}
                    kept = self._try({**self.plans, **plans})
                    low, high = (middle, high) if kept else (low, middle)

    def _units(self) -> list[list[str]]:
        """The large tensors together; each of them, the largest first; the small ones together.

        Apart, because small ones, convolutions beside dense layers, seldom bear as many zeros.
        """
        large = [
            name for name in self.names if self.sizes[name] >= _LARGE * sum(self.sizes.values())
        ]
        small = [name for name in self.names if name not in large]
        together = [large] if len(large) > 1 else []
        return [*together, *([name] for name in large), *([small] if small else [])]

    def _plan(self, name: str) -> CompressionPlan:
        return self.plans.get(name, CompressionPlan())

    def _each(self) -> None:
        """One step of one tensor at a time, the largest first; one that fails is not repeated."""
        failed: set[tuple[str, str]] = set()
        while True:
            steps = [step for step in self._steps() if step[:2] not in failed]
            if not steps:
                return
            for name, kind, plan in steps:
                if not self._try({**self.plans, name: plan}):
                    failed.add((name, kind))

    def _steps(self) -> Iterator[tuple[str, str, CompressionPlan]]:
        for name in self.names:
            for kind, plan in next_steps(self._plan(name)):
                yield name, kind, plan

    def _methods(self) -> None:
        for method in METHODS:
            if self.plans and method != next(iter(self.plans.values())).method:
                self._try({name: replace(plan, method=method) for name, plan in self.plans.items()})

    def _finish(self) -> None:
        """The smallest of the kept trials that a longer training brings within the loss.

        Then what lies between it and the next one, which lost too much: a step of a bisection can
        be a long one.
        """
        kept, self.kept = self.kept, []
        self.weights, self.plans = self.original, {}
        self.size, self.score = self.float32_bytes, self.base
        low, place, high = -1, len(kept) - 1, len(kept)
        while high - low > 1:
            start, plans = kept[place]
            low, high = (place, high) if self._try(plans, start) else (low, place)
            place = (low + high) // 2
        if self.plans and high < len(kept):
            self._refine(kept[high][1])

    def _refine(self, failed: Plans) -> None:
        """By halves of the way to plans that lose too much, from what came of the last training."""
        while (plans := between(self.plans, failed)) not in (active(self.plans), active(failed)):
            if not self._try(plans, start=self.kept[-1][0] if self.kept else 0):
                failed = plans

    def _try(self, plans: Plans, start: int | None = None) -> bool:
        """Whether plans make a smaller model that keeps the loss; if so it is the best so far.

        With the number of a trial to `start` from, 0 for the model as it was, it is trained for
        longer.
        """
        self.number += 1
        if self.number <= len(self.trials.done):
            trial = self.trials.done[self.number - 1]
            if trial.plans != plain(plans):
                raise InputError(
                    f"{self.folder / TRIALS} is not of this search; choose another folder"
                )
            if trial.kept and not any(later.kept for later in self.trials.done[self.number :]):
                load_coded(self.net.model, self.trials.weights_of(self.number))
        else:
            trial = self._measured(plans, start)
            self.trials.add(trial)
            self.show(trial)
        if trial.kept:
            self.weights, self.plans = self._now(), plans
            self.size, self.score = trial.size_bytes, trial.score
            if self.net.finish is None and self.kept:
                self.trials.weights_of(self.kept[-1][0]).unlink(missing_ok=True)
            self.kept.append((self.number, plans))
        return trial.kept

    def _measured(self, plans: Plans, start: int | None) -> Trial:
        began, final = monotonic(), start is not None
        set_floats(self.net.model, self.weights)
        if start:
            load_coded(self.net.model, self.trials.weights_of(start))
        fit, least = self.net.fit, self.least
        if final:
            fit, least = self.net.finish or fit, self.wanted
        keras.utils.set_random_seed(self.seed + self.number)
        plans_now = self._possible(plans)
        small = compress_model(self.net.model, plans_now, moving=True, seed=self.seed)
        score = float(self.net.score(self.net.model))
        retrained = not score >= least
        if retrained:
            fit(small)
            score = float(self.net.score(self.net.model))
        size, kept = self.float32_bytes, False
        if all(np.isfinite(weight).all() for weight in self._now()):
            content = coded_bytes(self.net.model)
            size, kept = len(content), score >= least and len(content) < self.size
        if kept:
            atomic_write_bytes(self.trials.weights_of(self.number), content)
        seconds = round(monotonic() - began, 2)
        return Trial(self.number, plain(plans), score, size, kept, retrained, final, seconds)

    def _possible(self, plans: Plans) -> Plans:
        """Plans with no more values than a tensor keeps weights; without any, all weights stay."""
        found = {}
        for name, variable in tensors_of(self.net.model).items():
            plan = plans.get(name, CompressionPlan())
            kept = max(int(np.count_nonzero(variable) * (1 - plan.prune)), 1)
            few = plan.cluster if plan.cluster <= kept // 2 else 0
            found[name] = replace(plan, cluster=few)
        return found
