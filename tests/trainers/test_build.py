"""Trainers by name: seeded, rebuilt from plain JSON, learning; what is refused."""

import json

import msgspec
import numpy as np
import pytest

from pnet_tf._keras import keras
from pnet_tf.data import InputSpec
from pnet_tf.errors import InputError
from pnet_tf.names import TRAINERS
from pnet_tf.trainers import (
    Network,
    build_trainer,
    default_trainer,
    rebuild_trainer,
    wrap_trainer,
)
from pnet_tf.trainers.encoders import Raw, Standardised
from pnet_tf.training.random_state import random_state_variables

TEXTS = np.array(
    [f"{verb} the {noun} please" for verb in ("open", "close") for noun in "abcdefgh"], object
)
SMALL_TEXT = {"buckets": 256, "embedding": 16}
RNG = np.random.default_rng(0)
CASES = {
    ("text", "ff"): (TEXTS, (), SMALL_TEXT),
    ("text", "cnn"): (TEXTS, (), {**SMALL_TEXT, "channels": 8}),
    ("text", "lstm"): (TEXTS, (), {**SMALL_TEXT, "units": 8}),
    ("text", "gru"): (TEXTS, (), {**SMALL_TEXT, "units": 8}),
    ("text", "tfidf"): (TEXTS, (), {"buckets": 4096, "units": 8, "feature_dropout": 0.3}),
    ("text", "ensemble:gru+tfidf"): (
        TEXTS,
        (),
        {"gru": {**SMALL_TEXT, "units": 8}, "tfidf": {"buckets": 4096, "units": 8}},
    ),
    ("image", "ensemble:ff+cnn"): (
        RNG.integers(0, 256, (16, 8, 8, 1), np.uint8),
        (8, 8, 1),
        {"ff": {"units": [16]}, "cnn": {"channels": [4], "units": 8}},
    ),
    ("image", "ff"): (RNG.integers(0, 256, (16, 8, 8, 1), np.uint8), (8, 8, 1), {"units": [16]}),
    ("image", "cnn"): (
        RNG.integers(0, 256, (16, 32, 32, 3), np.uint8),
        (32, 32, 3),
        {"channels": [4, 8], "units": 16},
    ),
    ("dense", "ff"): (RNG.normal(5, 3, (16, 6)).astype(np.float32), (6,), {"units": [16]}),
}
EVERY = [pytest.param(*key, id="-".join(key).replace(":", "-")) for key in CASES]


def build(kind, spec, seed=0, task="classification", outputs=2):
    inputs, shape, options = CASES[kind, spec]
    trainer = build_trainer(
        spec,
        kind=kind,
        task=task,
        outputs=outputs,
        input_shape=shape,
        train_inputs=inputs,
        seed=seed,
        options=options,
    )
    return trainer, trainer.encode(inputs)


@pytest.mark.parametrize(("kind", "spec"), EVERY)
def test_a_rebuilt_trainer_with_loaded_weights_gives_the_same_logits(kind, spec):
    trainer, encoded = build(kind, spec)
    config = json.loads(json.dumps(trainer.config))
    again = rebuild_trainer(config)
    again.model.set_weights(trainer.model.get_weights())
    logits = trainer.model(encoded, training=False)
    assert logits.shape == (16, 2)
    np.testing.assert_array_equal(again.encode(CASES[kind, spec][0]), encoded)
    assert encoded.dtype == {"text": np.int32, "image": np.uint8, "dense": np.float32}[kind]
    np.testing.assert_array_equal(again.model(encoded, training=False), logits)
    assert again.config == config and trainer.name == spec


@pytest.mark.parametrize(("kind", "spec"), EVERY)
def test_restored_states_replay_the_dropout(kind, spec):
    trainer, encoded = build(kind, spec, 1)
    states = random_state_variables(trainer.model)
    saved = [state.numpy() for state in states]
    first = trainer.model(encoded, training=True).numpy()
    assert not np.array_equal(first, trainer.model(encoded, training=True))
    for state, value in zip(states, saved, strict=True):
        state.assign(value)
    np.testing.assert_array_equal(first, trainer.model(encoded, training=True))


@pytest.mark.parametrize(("kind", "spec"), EVERY)
def test_the_seed_decides_the_weights_and_the_random_states(kind, spec):
    first, same, other = (build(kind, spec, seed)[0].model for seed in (1, 1, 2))
    states = [[s.numpy() for s in random_state_variables(m)] for m in (first, same, other)]
    np.testing.assert_array_equal(states[0], states[1])
    assert not np.array_equal(states[0], states[2])
    for ours, equal, different in zip(first.weights, same.weights, other.weights, strict=True):
        np.testing.assert_array_equal(ours, equal)
        if "kernel" in ours.name:
            assert not np.allclose(ours, different)


@pytest.mark.parametrize("spec", ["gru", "tfidf", "ensemble:gru+tfidf"])
def test_a_few_steps_learn_the_verb(spec):
    trainer, encoded = build("text", spec)
    trainer.model.compile(
        keras.optimizers.Adam(0.02), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    targets = np.arange(16) // 8
    trainer.model.fit(encoded, targets, batch_size=16, epochs=25, verbose=0, shuffle=False)
    assert (trainer.model(encoded).numpy().argmax(1) == targets).all()


@pytest.mark.parametrize("spec", ["ff", "cnn", "gru", "tfidf", "ensemble:gru+tfidf"])
def test_an_empty_text_has_finite_logits(spec):
    trainer, _ = build("text", spec)
    encoded = trainer.encode(np.array(["", "☃"], object))
    assert np.isfinite(trainer.model(encoded)).all()


@pytest.mark.parametrize("spec", ["cnn", "lstm", "tfidf"])
def test_padding_does_not_change_the_logits(spec):
    trainer, _ = build("text", spec)
    encoded = trainer.encode(np.array(["open a", "open the a please now"], object))
    alone, beside = trainer.model(encoded[:1]), trainer.model(encoded)[:1]
    np.testing.assert_allclose(alone, beside, rtol=1e-4, atol=1e-5)


def test_dense_features_are_standardised_by_the_training_split():
    inputs = np.array([[1.0, 7.0], [3.0, 7.0]], np.float32)
    trainer = build_trainer(
        "ff", kind="dense", task="regression", outputs=1, input_shape=(2,), train_inputs=inputs
    )
    np.testing.assert_allclose(trainer.encode(np.array([[5.0, 8.0]])), [[3.0, 1.0]])
    assert trainer.encode(inputs).dtype == np.float32


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 32, 3), (1, 40, 3), (97, 64, 1)])
def test_the_image_cnn_suits_any_shape(shape):
    pixels = np.zeros((2, *shape), np.uint8)
    trainer = build_trainer(
        "cnn",
        kind="image",
        task="classification",
        outputs=3,
        input_shape=shape,
        train_inputs=pixels,
        options={"channels": [4], "units": 4},
    )
    assert trainer.encode(pixels).dtype == np.uint8
    assert trainer.model(pixels).shape == (2, 3)


def test_defaults_are_names_that_exist():
    for kind in ("text", "image", "dense"):
        assert (kind, default_trainer(kind)) in CASES
    with pytest.raises(InputError, match="text, image, dense, got 'audio'"):
        default_trainer("audio")


@pytest.mark.parametrize(
    ("spec", "kind", "options", "words"),
    [
        ("lstm", "image", {}, r"ff, cnn, ensemble:a\+b, module:function, got 'lstm'"),
        ("resnet", "text", {}, r"tfidf, encoder, ensemble:a\+b, module:function, got 'resnet'"),
        ("cnn", "dense", {}, r"one of ff, ensemble:a\+b, module:function, got 'cnn'"),
        ("ff", "audio", {}, "kind must be"),
        ("ff", "dense", {"depth": 3}, "depth does not exist; allowed: units, dropout"),
        ("ff", "dense", {"dropout": 1.0}, "dropout must be .* and below 1, got 1.0"),
        ("ff", "dense", {"dropout": float("nan")}, "dropout must be a finite number .*got nan"),
        ("ff", "dense", {"dropout": True}, "dropout must be a finite number .*got True"),
        ("ff", "dense", {"units": 5}, "units must be a list, each a whole number 1.*got 5"),
        ("ff", "dense", {"units": [4, 2.5]}, r"units\[1\] must be a whole number 1.*got 2.5"),
        ("ff", "dense", {"units": []}, "units"),
        ("ff", "dense", {"units": "4"}, "units must be a list, .*got '4'"),
        ("ff", "text", {"buckets": 2**20}, "buckets must be a whole number 1..1048574"),
        ("ff", "text", {"shortest": 5}, "shortest must be at most longest, got 5 and 4"),
        ("gru", "text", {"embedding": -1}, "embedding must be a whole number 1..65536, got -1"),
        ("a.b:c", "dense", {"byte_length": 5}, "no option 'byte_length', allowed: none"),
        ("a.b:c", "text", {"byte_length": "5"}, "at least 1, got"),
        ("a.b:c", "text", {"size": 5}, "no option 'size', allowed: byte_length"),
    ],
)
def test_bad_requests_are_refused(spec, kind, options, words):
    with pytest.raises(InputError, match=words):
        build_trainer(
            spec,
            kind=kind,
            task="classification",
            outputs=2,
            input_shape=(4,),
            train_inputs=np.zeros((2, 4), np.float32),
            options=options,
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"spec": 5}, "trainer: spec must be text, got 5"),
        ({"spec": "resnet"}, "got 'resnet'"),
        ({"kind": "audio"}, "trainer: kind must be one of dense, image, text, got 'audio'"),
        ({"task": None}, "trainer: task must be one of"),
        ({"outputs": 0}, "trainer: outputs must be a whole number 1..65536, got 0"),
        ({"seed": "0"}, "trainer: seed must be a whole number"),
        ({"input_shape": "6"}, "trainer: input_shape must be a list"),
        ({"input_shape": []}, "shape of dense input must be 1 whole numbers"),
        ({"input_shape": [0]}, "shape of dense input must be 1 whole numbers"),
        ({"input_shape": [2, 3]}, "shape of dense input must be 1 whole numbers"),
        ({"options": {"units": [0]}}, r"trainer ff: units\[0\] must be a whole number 1"),
        ({"options": {"embedding": 3}}, "embedding does not exist; allowed: units, dropout"),
        ({"options": 5}, "trainer: options must be an object, got 5"),
        ({"encoder": {}}, "encoder: mean is missing"),
        ({"encoder": {"mean": [0.0], "deviation": [1.0]}}, "must have 6 numbers each"),
        ({"encoder": {"mean": "ab", "deviation": [1.0]}}, "encoder: mean must be a list"),
        ({"encoder": {"mean": [0.0] * 6, "deviation": [0.0] * 6}}, r"deviation\[0\] must be .* 0"),
        ({"encoder": {"mean": [float("nan")], "deviation": [1]}}, r"mean\[0\] must be .*got nan"),
        ({"weights": 3}, "weights does not exist; allowed: spec, kind, task"),
        ({"seed": ...}, "trainer: seed is missing"),
    ],
)
def test_damaged_configurations_are_refused(change, words):
    config = {**build("dense", "ff")[0].config, **change}
    with pytest.raises(InputError, match=words) as caught:
        rebuild_trainer({key: value for key, value in config.items() if value is not ...})
    assert "\n" not in str(caught.value)


def test_a_model_in_memory_takes_raw_inputs():
    spec, inputs = InputSpec("dense", (6,)), keras.Input((6,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs), name="mine")
    trainer = wrap_trainer(model, spec, 2)
    assert (trainer.name, trainer.model, trainer.config) == ("mine", model, None)
    assert trainer.encode([[1, 2, 3, 4, 5, 6]]).dtype == np.float32
    for asked, outputs, words in (
        (spec, 3, r"must return logits \(2, 3\) .*got \(2, 2\)"),
        (InputSpec("dense", (5,)), 2, "does not take a float32 batch"),
        (InputSpec("image", (2, 3, 1)), 2, "does not take a uint8 batch"),
    ):
        with pytest.raises(InputError, match=words):
            wrap_trainer(model, asked, outputs)
    with pytest.raises(InputError, match="trainer must be a tf_keras Model, got str"):
        wrap_trainer("ff", spec, 2)


class Width(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Options of a network from outside."""

    width: int = 3


def test_a_network_from_outside_is_built_and_rebuilt(monkeypatch):
    def make(encoder, outputs, seed, options):
        inputs = keras.Input(encoder.shape)
        start = keras.initializers.GlorotUniform(seed=seed)
        hidden = keras.layers.Dense(options.width, kernel_initializer=start)(inputs)
        return keras.Model(inputs, keras.layers.Dense(outputs, kernel_initializer=start)(hidden))

    def measured(model, encoder, inputs):
        model.layers[1].set_weights([model.layers[1].get_weights()[0], np.ones(options["width"])])

    options = {"width": 5}
    monkeypatch.setattr(TRAINERS, "_entries", dict(TRAINERS._entries))
    TRAINERS.register("wide", Network("dense", make, Width, Standardised, measured))
    TRAINERS.register("raw", (Network("image", make, Width, Raw),))
    inputs = CASES["dense", "ff"][0]
    common = {"task": "classification", "outputs": 2, "input_shape": (6,), "train_inputs": inputs}
    trainer = build_trainer("wide", kind="dense", options=options, seed=3, **common)
    again = rebuild_trainer(json.loads(json.dumps(trainer.config)))
    np.testing.assert_array_equal(again.model.weights[0], trainer.model.weights[0])
    assert trainer.model.weights[1].numpy().tolist() == [1.0] * 5
    assert again.model.weights[1].numpy().tolist() == [0.0] * 5
    with pytest.raises(InputError, match=r"one of ff, wide, ensemble:a\+b, .*, got 'raw'"):
        build_trainer("raw", kind="dense", **common)
    with pytest.raises(InputError, match="trainer wide: .*depth does not exist; allowed: width"):
        build_trainer("wide", kind="dense", options={"depth": 1}, **common)
