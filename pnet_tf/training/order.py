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
    order, then all once more. The last step of an epoch may have fewer of the first.
    """

    examples: int
    batch: int
    unlabelled: int = 0
    beside: int = 0

    @property
    def steps(self) -> int:
        """Of one epoch."""
        return -(-self.examples // self.batch)

    def epoch(self, number: int, seed: int) -> Iterator[np.ndarray]:
        """Places of each step of epoch `number`, from 0 on, int64."""
        order = np.random.default_rng([seed, number]).permutation(self.examples)
        others = self._others(number, seed) if self.beside else None
        for step in range(self.steps):
            places = order[step * self.batch : (step + 1) * self.batch]
            if others is not None:
                more = others[step * self.beside : (step + 1) * self.beside]
                places = np.concatenate([places, self.examples + more])
            yield places

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
