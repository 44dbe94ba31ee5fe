"""Random changes of training inputs, drawn anew in every epoch, that leave the label as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import InputError
from ..parsing import to_plain
from ..settings import Augment as AugmentSettings

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
Augment = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def shift_images(images: np.ndarray, rng: np.random.Generator, pixels: int) -> np.ndarray:
    """Each image [N, H, W, C] moved by -pixels..pixels in both directions, edges repeated."""
    height, width = images.shape[1:3]
    margin = ((0, 0), (pixels, pixels), (pixels, pixels), (0, 0))
    padded = np.pad(images, margin, mode="edge")
    top, left = rng.integers(0, 2 * pixels + 1, (2, len(images)))
    moved = np.empty_like(images)
    for row in range(2 * pixels + 1):
        for column in range(2 * pixels + 1):
            same = (top == row) & (left == column)
            moved[same] = padded[same, row : row + height, column : column + width]
    return moved


def flip_images(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every second image [N, H, W, C], at random, mirrored left to right."""
    mirrored = rng.random(len(images)) < 0.5
    return np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)


def drop_words(text: str, rng: np.random.Generator, rate: float) -> str:
    """`text` without each of its words at chance `rate`; never without all."""
    words = text.split()
    kept = [word for word, draw in zip(words, rng.random(len(words)), strict=True) if draw >= rate]
    return " ".join(kept or words)


def misspell(text: str, rng: np.random.Generator, rate: float) -> str:
    """`text` with each letter at chance `rate` dropped, doubled, replaced or swapped with the next.

    A swap needs a letter after it; at the end of a word it changes nothing.
    """
    signs = list(text)
    for place in np.flatnonzero(rng.random(len(signs)) < rate):
        sign = signs[place]
        if not sign.isalpha():
            continue
        change = int(rng.integers(4))
        after = signs[place + 1] if place + 1 < len(signs) else ""
        if change == 3 and after.isalpha() and len(after) == 1:
            signs[place], signs[place + 1] = after, sign
        elif change == 2:
            signs[place] = _LETTERS[int(rng.integers(26))]
        elif change < 2:
            signs[place] = ("", sign * 2)[change]
    return "".join(signs)


def make_augment(kind: str, options: AugmentSettings) -> Augment | None:
    """What `augment` settings mean for inputs of `kind`; None when they change nothing.

    Raises InputError for an option of another kind of input.
    """
    given = {name: value for name, value in to_plain(options).items() if value is not None}
    given.pop("transfer", None)  # which is no change of an input
    for name in given:
        if name not in _OPTIONS[kind]:
            allowed = ", ".join(_OPTIONS[kind]) or "nothing"
            raise InputError(f"augment for {kind} inputs takes {allowed}, got {name!r}")
    steps = [_OPTIONS[kind][name](value) for name, value in given.items() if value]
    if not steps:
        return None

    def augment(inputs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        for step in steps:
            inputs = step(inputs, rng)
        return inputs

    return augment


def _each_text(change: Callable[..., str]) -> Callable[[float], Augment]:
    def option(rate: float) -> Augment:
        def apply(texts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
            changed = np.empty(len(texts), dtype=object)
            changed[:] = [change(text, rng, rate) for text in texts]
            return changed

        return apply

    return option


def _shift(pixels: int) -> Augment:
    return lambda images, rng: shift_images(images, rng, pixels)


_OPTIONS: Mapping[str, Mapping[str, Callable[[Any], Augment]]] = {
    "text": {"drop_words": _each_text(drop_words), "misspell": _each_text(misspell)},
    "image": {"shift": _shift, "flip": lambda value: flip_images},
    "dense": {},
}
