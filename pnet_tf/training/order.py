"""Which examples each step sees, from (seed, epoch) alone, so that a resumed fit sees the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_UNLABELLED_STREAM = 3  # beside those of augmentation and of neighbours


@dataclass(frozen=True)
class Order:
    """Two streams of examples: `examples` of train, each once an epoch, and `unlabelled` ones.

    Places 0..examples-1 are those of train, the others follow. A step has `batch` of the first and
    `beside` of the second stream, which goes on from epoch to epoch: all of them once, in random
    order, then all once more. The last step of a pass over train may have fewer of the first. An
    epoch is as many passes as make `least_steps`, or one over the second stream where that is less.
    """

    examples: int
    batch: int
    unlabelled: int = 0
    beside: int = 0
    least_steps: int = 0

    @property
    def steps(self) -> int:
        """Of one epoch."""
        return self.passes * self._pass_steps

    @property
    def passes(self) -> int:
        """Over train in one epoch."""
        least = self.least_steps
        if self.beside:
            least = min(least, -(-self.unlabelled // self.beside))
        return max(-(-least // self._pass_steps), 1)

    @property
    def _pass_steps(self) -> int:
        return -(-self.examples // self.batch)

    def epoch(self, number: int, seed: int) -> Iterator[np.ndarray]:
        """Places of each step of epoch `number`, from 0 on, int64."""
        others = self._others(number, seed) if self.beside else None
        for step, places in enumerate(self._own(number, seed)):
            if others is not None:
                more = others[step * self.beside : (step + 1) * self.beside]
                places = np.concatenate([places, self.examples + more])
            yield places

    def _own(self, number: int, seed: int) -> Iterator[np.ndarray]:
        for at in range(number * self.passes, (number + 1) * self.passes):
            order = np.random.default_rng([seed, at]).permutation(self.examples)
            yield from (order[i : i + self.batch] for i in range(0, self.examples, self.batch))

    def _others(self, number: int, seed: int) -> np.ndarray:
        """The part of the endless second stream that falls into epoch `number`."""
        size = self.steps * self.beside
        first, last = number * size // self.unlabelled, ((number + 1) * size - 1) // self.unlabelled
        passes = [
            np.random.default_rng([seed, at, _UNLABELLED_STREAM]).permutation(self.unlabelled)
            for at in range(first, last + 1)
        ]
        start = number * size - first * self.unlabelled
        return np.concatenate(passes)[start : start + size]
