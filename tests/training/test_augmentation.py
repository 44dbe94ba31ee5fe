"""Augmentation: values by hand, what stays as it was, bad settings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pnet_tf.errors import InputError
from pnet_tf.settings import Augment
from pnet_tf.training.augmentation import (
    drop_words,
    erase_images,
    flip_images,
    make_augment,
    misspell,
    shift_images,
    warp_images,
)


class Fixed:
    """A generator that draws what it was given."""

    def __init__(self, uniform, integers=()):
        self._uniform, self._integers = np.array(uniform), list(integers)

    def random(self, size):
        return self._uniform[:size]

    def integers(self, *bounds):
        return self._integers.pop(0)


def test_misspell_by_hand():
    at = {"drop": 0, "double": 1, "replace": 2, "swap": 3}
    assert misspell("abc", Fixed([0.9, 0.0, 0.9]), 0.0) == "abc"
    assert misspell("abc", Fixed([0.9, 0.0, 0.9], [at["double"]]), 0.1) == "abbc"
    assert misspell("abc", Fixed([0.9, 0.0, 0.9], [at["drop"]]), 0.1) == "ac"
    assert misspell("abc", Fixed([0.9, 0.0, 0.9], [at["replace"], 25]), 0.1) == "azc"
    assert misspell("abc", Fixed([0.9, 0.0, 0.9], [at["swap"]]), 0.1) == "acb"
    assert misspell("ab c", Fixed([0.9, 0.0, 0.9, 0.9], [at["swap"]]), 0.1) == "ab c"
    assert misspell("a1c", Fixed([0.9, 0.0, 0.9]), 0.1) == "a1c"


def test_drop_words_by_hand():
    assert drop_words("see you  soon", Fixed([0.9, 0.05, 0.9]), 0.1) == "see soon"
    assert drop_words("see you", Fixed([0.0, 0.0]), 0.1) == "see you"


@given(st.text(max_size=40), st.integers(0, 2**32 - 1), st.sampled_from([0.1, 0.5]))
def test_texts_stay_texts(text, seed, rate):
    for change in (misspell, drop_words):
        changed = change(text, np.random.default_rng(seed), rate)
        assert changed == change(text, np.random.default_rng(seed), rate)
        changed.encode("utf-8", "surrogatepass")
    assert set(drop_words(text, np.random.default_rng(seed), rate).split()) <= set(text.split())


def test_shift_by_one_pixel():
    image = np.arange(9, dtype=np.uint8).reshape(1, 3, 3, 1)
    seen = {
        shift_images(image, np.random.default_rng(seed), 1)[0, :, :, 0].tobytes()
        for seed in range(200)
    }
    right = np.array([[0, 0, 1], [3, 3, 4], [6, 6, 7]], np.uint8)
    down = np.array([[0, 1, 2], [0, 1, 2], [3, 4, 5]], np.uint8)
    assert len(seen) == 9
    assert {image.tobytes(), right.tobytes(), down.tobytes()} <= seen


def test_flip_mirrors_about_half():
    images = np.tile(np.array([[[1], [2]]], np.uint8), (1000, 1, 1, 1))
    flipped = flip_images(images, np.random.default_rng(0))[:, 0, 0, 0] == 2
    assert 400 < flipped.sum() < 600


class Extreme:
    """A generator whose uniform draws all are the highest, or the lowest, value that may come."""

    def __init__(self, highest):
        self._end = int(highest)

    def uniform(self, low, high, size):
        return np.full(size, (low, high)[self._end])


def test_a_quarter_turn_by_hand():
    image = np.arange(9, dtype=np.uint8).reshape(1, 3, 3, 1)
    turned = warp_images(image, Extreme(True), 90, 0)[0, :, :, 0]
    np.testing.assert_array_equal(turned, [[2, 5, 8], [1, 4, 7], [0, 3, 6]])
    turned = warp_images(image, Extreme(False), 90, 0)[0, :, :, 0]
    np.testing.assert_array_equal(turned, [[6, 3, 0], [7, 4, 1], [8, 5, 2]])


def test_a_turn_that_is_not_square_keeps_its_middle():
    image = np.arange(15, dtype=np.float32).reshape(1, 3, 5, 1)
    turned = warp_images(image, Extreme(True), 90, 0)[0, :, :, 0]
    np.testing.assert_allclose(turned[:, 1:4], [[3, 8, 13], [2, 7, 12], [1, 6, 11]], atol=1e-4)


def test_zoom_by_hand():
    row = np.array([0, 40, 80, 120, 160], np.uint8).reshape(1, 1, 5, 1)
    rows = np.tile(row, (1, 2, 1, 1))
    larger = warp_images(rows, Extreme(True), 0, 0.5)[0, :, :, 0]  # from 2 + (x - 2) / 1.5
    np.testing.assert_array_equal(larger, [[27, 53, 80, 107, 133]] * 2)
    smaller = warp_images(rows, Extreme(False), 0, 0.5)[0, :, :, 0]  # from 2 + (x - 2) * 2
    np.testing.assert_array_equal(smaller, [[0, 0, 80, 160, 160]] * 2)


def test_an_upright_picture_is_zoomed_up_and_down():
    column = np.array([0, 40, 80, 120, 160], np.uint8).reshape(1, 5, 1, 1)
    larger = warp_images(column, Extreme(True), 0, 0.5)[0, :, 0, 0]
    np.testing.assert_array_equal(larger, [27, 53, 80, 107, 133])


def test_each_picture_is_warped_in_its_own_way():
    images = np.tile(np.arange(81, dtype=np.uint8).reshape(1, 9, 9, 1), (20, 1, 1, 1))
    for degrees, zoom in [(20, 0), (0, 0.3)]:
        warped = warp_images(images, np.random.default_rng(2), degrees, zoom)
        assert len(np.unique(warped.reshape(20, -1), axis=0)) > 15
        assert warped.dtype == np.uint8
        assert (warped[:, 4, 4, 0] == 40).all()


def test_erasing_blots_out_one_rectangle_in_the_mean():
    images = np.tile(np.arange(200, dtype=np.uint8).reshape(1, 10, 20, 1), (300, 1, 1, 3))
    images[..., 1] += 40
    before = images.copy()
    erased = erase_images(images, np.random.default_rng(4), 0.4)
    np.testing.assert_array_equal(images, before)
    sides = set()
    touched = np.zeros((10, 20), bool)
    for image in erased:
        changed = (image != before[0]).any(-1)
        rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        sides.add((len(rows), len(columns)))
        if len(rows):
            box = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            np.testing.assert_array_equal(box, np.broadcast_to([99, 139, 99], box.shape))
        touched |= changed
    tall, wide = (set(side) for side in zip(*sides, strict=True))
    assert tall == set(range(5))
    assert wide == set(range(9))
    assert touched.mean() > 0.9


def test_augment_runs_every_option():
    texts = np.array(["how are you", "fine thanks"] * 50, dtype=object)
    augment = make_augment("text", Augment(misspell=0.1, drop_words=0.2))
    changed = augment(texts, np.random.default_rng(3))
    assert changed.shape == texts.shape
    assert np.mean(changed != texts) > 0.5
    assert list(texts[:2]) == ["how are you", "fine thanks"]


def test_steps_follow_each_other():
    image = np.arange(18, dtype=np.uint8).reshape(2, 3, 3, 1)
    rng = np.random.default_rng(5)
    by_hand = shift_images(warp_images(image, rng, 20.0, 0.3), rng, 1)
    by_hand = erase_images(flip_images(by_hand, rng), rng, 0.5)
    augment = make_augment("image", Augment(rotate=20, zoom=0.3, shift=1, flip=True, erase=0.5))
    np.testing.assert_array_equal(augment(image, np.random.default_rng(5)), by_hand)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("text", Augment()),
        ("text", Augment(misspell=0.0, drop_words=0)),
        ("image", Augment(shift=0, flip=False)),
        ("image", Augment(rotate=0, zoom=0.0, erase=0)),
        ("dense", Augment()),
    ],
)
def test_nothing_to_change(kind, options):
    assert make_augment(kind, options) is None


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("text", Augment(shift=1), "text inputs takes drop_words, misspell, got 'shift'"),
        ("text", Augment(flip=False), "got 'flip'"),
        ("image", Augment(misspell=0.1), "takes rotate, zoom, shift, flip, erase, got 'misspell'"),
        ("text", Augment(zoom=0.1), "got 'zoom'"),
        ("dense", Augment(flip=True), "augment for dense inputs takes nothing, got 'flip'"),
    ],
)
def test_options_of_another_kind_are_refused(kind, options, words):
    with pytest.raises(InputError, match=words):
        make_augment(kind, options)
