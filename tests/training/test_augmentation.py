"""Augmentation: values by hand, what stays as it was, bad settings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pnet_tf.errors import InputError
from pnet_tf.settings import Augment
from pnet_tf.training.augmentation import (
    drop_words,
    flip_images,
    make_augment,
    misspell,
    shift_images,
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
    by_hand = flip_images(shift_images(image, rng, 1), rng)
    augment = make_augment("image", Augment(shift=1, flip=True))
    np.testing.assert_array_equal(augment(image, np.random.default_rng(5)), by_hand)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("text", Augment()),
        ("text", Augment(misspell=0.0, drop_words=0)),
        ("image", Augment(shift=0, flip=False)),
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
        ("image", Augment(misspell=0.1), "image inputs takes shift, flip, got 'misspell'"),
        ("dense", Augment(flip=True), "augment for dense inputs takes nothing, got 'flip'"),
    ],
)
def test_options_of_another_kind_are_refused(kind, options, words):
    with pytest.raises(InputError, match=words):
        make_augment(kind, options)
