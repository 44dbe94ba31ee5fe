"""Ensembles: the mean of their members' logits, one encoded array, what is refused."""

import numpy as np
import pytest

from pnet_tf._keras import keras
from pnet_tf.errors import InputError
from pnet_tf.names import TRAINERS
from pnet_tf.trainers import Network, build_trainer, rebuild_trainer
from pnet_tf.trainers.encoders import Raw, Standardised
from pnet_tf.trainers.options import Options

TEXTS = np.array([f"{verb} the {noun}" for verb in ("open", "close") for noun in "abc"], object)
SMALL = {"buckets": 256, "embedding": 8}
MEMBERS = {"ff": SMALL, "gru": {**SMALL, "units": 4}, "tfidf": {"buckets": 1024, "units": 4}}


def build(spec, options=None, kind="text", inputs=TEXTS, shape=()):
    return build_trainer(
        spec,
        kind=kind,
        task="classification",
        outputs=3,
        input_shape=shape,
        train_inputs=inputs,
        seed=7,
        options=options,
    )


def mean_of(names, kind="text", inputs=TEXTS, shape=(), options=MEMBERS):
    members = [build(name, options.get(name), kind, inputs, shape) for name in names]
    return np.mean([m.model(m.encode(inputs)).numpy() for m in members], axis=0)


@pytest.mark.parametrize("names", [("ff", "gru"), ("gru", "tfidf"), ("tfidf", "ff", "gru")])
def test_the_logits_are_the_mean_of_the_members(names):
    trainer = build("ensemble:" + "+".join(names), {name: MEMBERS[name] for name in names})
    encoded = trainer.encode(TEXTS)
    assert encoded.dtype == np.int32
    np.testing.assert_allclose(trainer.model(encoded), mean_of(names), rtol=1e-5, atol=1e-6)


def test_members_of_one_encoder_share_the_encoded_inputs():
    options = {"ff": MEMBERS["ff"], "gru": MEMBERS["gru"]}
    alone = build("ff", SMALL).encode(TEXTS)
    np.testing.assert_array_equal(build("ensemble:ff+gru", options).encode(TEXTS), alone)
    other = {**options, "ff": {**SMALL, "buckets": 128}}
    assert build("ensemble:ff+gru", other).encode(TEXTS).shape[1] > alone.shape[1]


def test_arrays_of_several_types_lie_side_by_side(monkeypatch):
    def make(encoder, outputs, seed, options):
        inputs = keras.Input(encoder.shape, dtype="uint8" if options.raw else "float32")
        start = keras.initializers.GlorotUniform(seed=seed)
        flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
        dense = keras.layers.Dense(outputs, kernel_initializer=start)
        return keras.Model(inputs, dense(flat), name="same_name")

    class Pixels(Options, frozen=True):
        raw: bool = True

    class Values(Options, frozen=True):
        raw: bool = False

    class Flat(Standardised):
        @classmethod
        def fit(cls, inputs, shape, options):
            return super().fit(inputs.reshape(len(inputs), -1), (int(np.prod(shape)),), options)

        @classmethod
        def from_json(cls, state, shape):
            return super().from_json(state, (int(np.prod(shape)),))

        def encode(self, inputs):
            return super().encode(np.reshape(inputs, (len(inputs), -1)))

    monkeypatch.setattr(TRAINERS, "_entries", dict(TRAINERS._entries))
    TRAINERS.register("pixels", Network("image", make, Pixels, Raw))
    TRAINERS.register("values", Network("image", make, Values, Flat))
    inputs = np.random.default_rng(0).integers(0, 256, (5, 4, 3, 1), np.uint8)
    spec, names = "ensemble:pixels+values", ("pixels", "values")
    trainer = build(spec, None, "image", inputs, (4, 3, 1))
    encoded = trainer.encode(inputs)
    assert encoded.dtype == np.int32 and encoded.shape == (5, 24)
    expected = mean_of(names, "image", inputs, (4, 3, 1), {})
    np.testing.assert_allclose(trainer.model(encoded), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("spec", "kind", "options", "words"),
    [
        ("ensemble:gru+resnet", "text", {}, "must be one of ff, .*, got 'resnet' in 'ensemble:g"),
        ("ensemble:ff+gru", "image", {}, "image inputs must be one of ff, cnn, got 'gru' in"),
        ("ensemble:ff+a:b", "text", {}, "must be one of ff, .*, got 'a:b' in"),
        ("ensemble:gru", "text", {}, r"needs two trainers or more with \+ between, got 'ense"),
        ("ensemble:", "text", {}, "needs two trainers or more"),
        ("ensemble:gru+", "text", {}, "must be one of ff, .*, got '' in"),
        ("ensemble:gru+ff+gru", "text", {}, "has each trainer once, got 'gru' twice in"),
        ("ensemble:gru+ff", "text", {"units": 3}, "units is none of its members; allowed: gru, ff"),
        ("ensemble:gru+ff", "text", {"gru": 3}, "gru must be an object, got 3"),
        ("ensemble:gru+ff", "text", {"gru": {"depth": 3}}, "gru: setting depth does not exist"),
    ],
)
def test_bad_ensembles_are_refused(spec, kind, options, words):
    with pytest.raises(InputError, match=words) as caught:
        build(spec, options, kind)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"encoder": {}}, "encoder: tokens is missing"),
        ({"encoder": {"lstm": {}}}, "lstm is none of its members; allowed: ff, gru"),
        ({"options": {"ff": []}}, r"ff must be an object, got \[\]"),
        ({"spec": "ensemble:ff"}, "needs two trainers"),
        ({"kind": "image", "input_shape": [4, 4, 1]}, "got 'gru' in"),
    ],
)
def test_damaged_configurations_are_refused(change, words):
    trainer = build("ensemble:ff+gru", {"ff": SMALL, "gru": MEMBERS["gru"]})
    with pytest.raises(InputError, match=words):
        rebuild_trainer({**trainer.config, **change})
