import json

import numpy as np
import pytest

from pnet_tf._keras import keras
from pnet_tf.errors import InputError
from pnet_tf.trainers import (
    build_trainer,
    default_trainer,
    random_state_variables,
    rebuild_trainer,
)

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
    ("image", "ff"): (RNG.integers(0, 256, (16, 8, 8, 1), np.uint8), (8, 8, 1), {"units": [16]}),
    ("image", "cnn"): (
        RNG.integers(0, 256, (16, 32, 32, 3), np.uint8),
        (32, 32, 3),
        {"channels": [4, 8], "units": 16},
    ),
    ("dense", "ff"): (RNG.normal(5, 3, (16, 6)).astype(np.float32), (6,), {"units": [16]}),
}
EVERY = [pytest.param(*key, id="-".join(key)) for key in CASES]


def build(kind, spec, seed=0, task="classification", outputs=2):
    inputs, shape, options = CASES[kind, spec]
    trainer = build_trainer(spec, kind=kind, task=task, outputs=outputs, input_shape=shape,
                            train_inputs=inputs, seed=seed, **options)
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


@pytest.mark.parametrize("spec", ["gru"])
def test_a_few_steps_learn_the_verb(spec):
    trainer, encoded = build("text", spec)
    trainer.model.compile(
        keras.optimizers.Adam(0.02), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    targets = np.arange(16) // 8
    trainer.model.fit(encoded, targets, batch_size=16, epochs=25, verbose=0, shuffle=False)
    assert (trainer.model(encoded).numpy().argmax(1) == targets).all()


@pytest.mark.parametrize("spec", ["ff", "cnn", "gru"])
def test_an_empty_text_has_finite_logits(spec):
    trainer, _ = build("text", spec)
    encoded = trainer.encode(np.array(["", "☃"], object))
    assert np.isfinite(trainer.model(encoded)).all()


@pytest.mark.parametrize("spec", ["cnn", "lstm"])
def test_padding_does_not_change_the_logits(spec):
    trainer, _ = build("text", spec)
    encoded = trainer.encode(np.array(["open a", "open the a please now"], object))
    alone, beside = trainer.model(encoded[:1]), trainer.model(encoded)[:1]
    np.testing.assert_allclose(alone, beside, rtol=1e-4, atol=1e-5)


def test_dense_features_are_standardised_by_the_training_split():
    inputs = np.array([[1.0, 7.0], [3.0, 7.0]], np.float32)
    trainer = build_trainer("ff", kind="dense", task="regression", outputs=1, input_shape=(2,),
                            train_inputs=inputs)
    np.testing.assert_allclose(trainer.encode(np.array([[5.0, 8.0]])), [[3.0, 1.0]])
    assert trainer.encode(inputs).dtype == np.float32


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 32, 3), (1, 40, 3), (97, 64, 1)])
def test_the_image_cnn_suits_any_shape(shape):
    pixels = np.zeros((2, *shape), np.uint8)
    trainer = build_trainer("cnn", kind="image", task="classification", outputs=3,
                            input_shape=shape, train_inputs=pixels, channels=[4], units=4)
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
        ("lstm", "image", {}, "ff, cnn, module:function, got 'lstm'"),
        ("resnet", "text", {}, "ff, cnn, lstm, gru, module:function, got 'resnet'"),
        ("cnn", "dense", {}, "one of ff, module:function, got 'cnn'"),
        ("ff", "audio", {}, "kind must be"),
        ("ff", "dense", {"depth": 3}, "no option 'depth', allowed: units, dropout"),
        ("ff", "dense", {"dropout": 1.0}, "below 1, got 1.0"),
        ("ff", "dense", {"units": 5}, "list of whole numbers, got 5"),
        ("ff", "text", {"buckets": 2**20}, "buckets must be a whole number"),
        ("ff", "text", {"shortest": 5}, "shortest must be at most longest"),
        ("a.b:c", "dense", {"byte_length": 5}, "allowed: none"),
    ],
)
def test_bad_requests_are_refused(spec, kind, options, words):
    with pytest.raises(InputError, match=words):
        build_trainer(spec, kind=kind, task="classification", outputs=2, input_shape=(4,),
                      train_inputs=np.zeros((2, 4), np.float32), **options)
