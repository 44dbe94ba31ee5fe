"""Random changes of training inputs, drawn anew in every epoch, that leave the label as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from .._keras import tf
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


def warp_images(
    images: np.ndarray, rng: np.random.Generator, degrees: float, zoom: float
) -> np.ndarray:
    """Each image [N, H, W, C] turned by -degrees..degrees, each side scaled by 1-zoom..1+zoom.

    About its middle; bilinear, edges repeated.
    """
    count, height, width = images.shape[:3]
    turn = np.deg2rad(rng.uniform(-degrees, degrees, count))
    tall, wide = rng.uniform(1 - zoom, 1 + zoom, (2, count))
    # The operator asks where each new pixel was: [x, y] = A [x', y'] + b, the middle where it was.
    rows = np.zeros((count, 8), np.float32)
    rows[:, 0], rows[:, 1] = np.cos(turn) / wide, -np.sin(turn) / wide
    rows[:, 3], rows[:, 4] = np.sin(turn) / tall, np.cos(turn) / tall
    x, y = (width - 1) / 2, (height - 1) / 2
    rows[:, 2] = x - rows[:, 0] * x - rows[:, 1] * y
    rows[:, 5] = y - rows[:, 3] * x - rows[:, 4] * y
    warped = tf.raw_ops.ImageProjectiveTransformV3(
        images=images.astype(np.float32), transforms=rows, output_shape=(height, width),
        fill_value=0.0, interpolation="BILINEAR", fill_mode="NEAREST",
    ).numpy()  # fmt: skip
    whole = np.issubdtype(images.dtype, np.integer)
    return (np.rint(warped) if whole else warped).astype(images.dtype)


def erase_images(images: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Each image [N, H, W, C] with a rectangle of up to `share` of each side of its mean colour.

    Cutout (DeVries and Taylor 2017, arXiv 1708.04552) by sides drawn at random, as Zhong et al.
    (2017, arXiv 1708.04896) draw them.
    """
    erased = images.copy()
    sizes = np.array(images.shape[1:3])
    sides = rng.integers(0, np.rint(share * sizes).astype(int) + 1, (len(images), 2))
    corners = rng.integers(0, sizes - sides + 1)
    for image, (top, left), (tall, wide) in zip(erased, corners, sides, strict=True):
        image[top : top + tall, left : left + wide] = image.mean((0, 1))
    return erased


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
        if name not in _NAMES[kind]:
            allowed = ", ".join(_NAMES[kind]) or "nothing"
            raise InputError(f"augment for {kind} inputs takes {allowed}, got {name!r}")
    steps = list(_steps(options))
    if not steps:
        return None

    def augment(inputs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        for step in steps:
            inputs = step(inputs, rng)
        return inputs

    return augment


def _steps(options: AugmentSettings) -> Iterator[Augment]:
    """The changes that are asked for, in their order; turned and zoomed at once, as each blurs."""
    if options.drop_words:
        yield partial(_each_text, change=drop_words, rate=options.drop_words)
    if options.misspell:
        yield partial(_each_text, change=misspell, rate=options.misspell)
    if options.rotate or options.zoom:
        yield partial(warp_images, degrees=options.rotate or 0.0, zoom=options.zoom or 0.0)
    if options.shift:
        yield partial(shift_images, pixels=options.shift)
    if options.flip:
        yield flip_images
    if options.erase:
        yield partial(erase_images, share=options.erase)


def _each_text(
    texts: np.ndarray, rng: np.random.Generator, change: Callable[..., str], rate: float
) -> np.ndarray:
    changed = np.empty(len(texts), dtype=object)
    changed[:] = [change(text, rng, rate) for text in texts]
    return changed


_NAMES: Mapping[str, Sequence[str]] = {
    "text": ("drop_words", "misspell"),
    "image": ("rotate", "zoom", "shift", "flip", "erase"),
    "dense": (),
}
