"""Hashed features of texts: by hand, within their bounds, back from JSON."""

import json
import zlib

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.trainers.text_features import (
    ID_BITS,
    ID_MASK,
    TextFeatures,
    inverse_document_frequency,
)
from pnet_tf.trainers.text_nets import TextOptions

HASHING = {"buckets": 1000, "shortest": 3, "longest": 3}


def fitted(texts):
    return TextFeatures.fit(texts, (), TextOptions(**HASHING))


def bucket(feature):
    return zlib.crc32(feature.encode()) % 1000 + 1


def test_features_of_two_words_by_hand():
    row = TextFeatures(4, 12, **HASHING).encode(["Hi you"])[0]
    first = [bucket(f) for f in ("1hi", "c<hi", "chi>", "2 hi")]
    second = [bucket(f) for f in ("1you", "c<yo", "cyou", "cou>", "2hi you")]
    assert (row & ID_MASK).tolist() == first + second + [0, 0, 0]
    assert (row >> ID_BITS).tolist() == [0] * 4 + [1] * 5 + [0, 0, 0]
    assert row.dtype == np.int32


def test_limits_cut_tokens_and_features():
    row = TextFeatures(1, 3, **HASHING).encode(["hi you"])[0]
    assert (row & ID_MASK).tolist() == [bucket("1hi"), bucket("c<hi"), bucket("chi>")]


@pytest.mark.parametrize("text", ["", "   ", "\x00", "é ☃ 👍🏽 Ünïcödé", "\ud800 lone", "w" * 5000])
def test_any_text_stays_within_bounds(text):
    features = TextFeatures(8, 40, **HASHING)
    row = features.encode([text])[0]
    assert row.shape == (40,)
    assert row.min() >= 0
    assert (row & ID_MASK).max() <= 1000
    assert (row >> ID_BITS).max() < 8


def test_fitted_limits_hold_the_longest_of_few_texts_and_survive_json():
    features = fitted(["one two three", "one"])
    assert (features.tokens, features.buckets, features.longest) == (3, 1000, 3)
    again = TextFeatures.from_json(json.loads(json.dumps(features.to_json())), ())
    assert again == features
    np.testing.assert_array_equal(again.encode(["one two"]), features.encode(["one two"]))
    assert fitted(["", " "]).tokens == 1
    assert fitted(["a b " * 5000]).tokens == 256


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tokens": 0}, "encoder: tokens must be a whole number 1..256, got 0"),
        ({"tokens": "4"}, "encoder: tokens must be a whole number 1..256, got '4'"),
        ({"features": 2049}, "encoder: features must be a whole number 1..2048"),
        ({"buckets": True}, "encoder: buckets must be a whole number"),
        ({"longest": 99}, "encoder: longest must be a whole number 1..8"),
        ({"shortest": ...}, "encoder: shortest is missing"),
    ],
)
def test_damaged_encoders_are_refused(change, words):
    state = {**fitted(["one two"]).to_json(), **change}
    with pytest.raises(InputError, match=words):
        TextFeatures.from_json({k: v for k, v in state.items() if v is not ...}, ())


def test_inverse_document_frequency_by_hand():
    encoded = np.array([[1, 2, 2, 0], [1, 3 | 1 << ID_BITS, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]])
    weights = inverse_document_frequency(encoded, 4)
    np.testing.assert_allclose(weights, [0, 0, np.log(2), np.log(2), np.log(4)], rtol=1e-6)
