"""TF-IDF features and the network on them: by hand, within their bounds, learning."""

import json
import zlib

import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.errors import InputError
from pnet_tf.settings import Schedule
from pnet_tf.trainers import build_trainer
from pnet_tf.trainers.text_features import ID_BITS, ID_MASK
from pnet_tf.trainers.tfidf import Tfidf, TfidfFeatures
from pnet_tf.training.schedule import FIRST_SUM, make_optimizer

HASHING = {"buckets": 1000, "shortest": 3, "longest": 3}
TEXTS = ["hi hi you", "you"]


def fitted(texts=TEXTS):
    return TfidfFeatures.fit(texts, (), Tfidf(**HASHING))


def bucket(feature):
    return zlib.crc32(feature.encode()) % 1000 + 1


def trainer_of(texts=TEXTS, outputs=1, **options):
    return build_trainer(
        "tfidf",
        kind="text",
        task="classification",
        outputs=outputs,
        input_shape=(),
        train_inputs=np.array(texts, object),
        options={**HASHING, "gain": 1.0, **options},
    )


def test_features_of_three_words_by_hand():
    row = fitted().encode(["Hi hi you"])[0]
    words = ["1hi", "1you", "2 hi", "2hi hi", "2hi you"]
    letters = ["c<hi", "chi>", "c<yo", "cyou", "cou>"]
    assert (row & ID_MASK).tolist() == [bucket(f) for f in words + letters]
    assert (row >> ID_BITS & 1).tolist() == [0] * 5 + [1] * 5
    assert ((row >> ID_BITS + 1) + 1).tolist() == [2, 1, 1, 1, 1, 2, 2, 1, 1, 1]
    assert row.dtype == np.int32


def test_buckets_that_training_texts_have_are_counted():
    features = fitted()
    found = ["1hi", "1you", "2 hi", "2hi hi", "2hi you", "2 you", "c<hi", "chi>", "c<yo", "cyou",
             "cou>"]  # fmt: skip
    assert features.used == len({bucket(f) for f in found}) == 11
    assert features.features == 10
    again = TfidfFeatures.from_json(json.loads(json.dumps(features.to_json())), ())
    assert again == features
    np.testing.assert_array_equal(again.encode(["one hi"]), features.encode(["one hi"]))


def test_logits_are_those_of_unit_tfidf_vectors_by_hand():
    trainer = trainer_of()
    table = trainer.model.get_layer("features").table
    slots = trainer.model.get_layer("measured").get_weights()[0][:, 1].astype(int)
    assert table.shape == (12, 1) and sorted(slots[slots > 0]) == list(range(1, 12))

    once, both = 1 + np.log(3 / 2), 1.0
    words = {"1hi": (1 + np.log(2)) * once, "1you": both, "2 hi": once, "2hi hi": once,
             "2hi you": once}  # fmt: skip
    letters = {"c<hi": (1 + np.log(2)) * once, "chi>": (1 + np.log(2)) * once, "c<yo": both,
               "cyou": both, "cou>": both}  # fmt: skip
    for group in (words, letters):
        length = np.sqrt(sum(value**2 for value in group.values()))
        for name, value in group.items():
            weights = np.zeros((12, 1), np.float32)
            weights[slots[bucket(name)]] = 1
            table.assign(weights)
            logit = trainer.model(trainer.encode(TEXTS[:1])).numpy()
            np.testing.assert_allclose(logit, [[value / length]], rtol=1e-5)


def test_what_no_training_text_has_counts_for_nothing():
    trainer = trainer_of()
    trainer.model.get_layer("features").table.assign(np.arange(12.0)[:, None])
    known, beside, unknown = trainer.model(trainer.encode(["you", "you xyzzy", "xyzzy"])).numpy()
    np.testing.assert_allclose(beside, known, rtol=1e-5)
    assert known > 0 and unknown == 0


def test_repeated_features_are_counted_up_to_their_bits():
    row = TfidfFeatures(10, 0, **HASHING).encode(["hi " * 250, "a" * 5000])
    assert (row >= 0).all()
    assert ((row[0] >> ID_BITS + 1) + 1)[:3].tolist() == [250, 1, 249]


@pytest.mark.parametrize("text", ["", "   ", "\x00", "é ☃ 👍🏽 Ünïcödé", "\ud800 lone", "w" * 5000])
def test_any_text_stays_within_bounds(text):
    row = TfidfFeatures(40, 0, **HASHING).encode([text])[0]
    assert row.shape == (40,) and row.min() >= 0 and (row & ID_MASK).max() <= 1000


def test_of_many_texts_what_one_alone_has_gets_no_weights(monkeypatch):
    texts = ["open it", "open that", "shut it"]
    every = fitted(texts).used
    monkeypatch.setattr("pnet_tf.trainers.tfidf.FEW_TEXTS", 2)
    found = trainer_of(texts)
    table = found.model.get_layer("features").table
    assert table.shape[0] - 1 == fitted(texts).used < every
    table.assign(np.ones(table.shape))
    known, alone = found.model(found.encode(["open", "shut"])).numpy()[:, 0]
    assert known > 0 and alone == 0


def test_a_step_moves_the_rows_that_its_batch_has():
    trainer = trainer_of(["open it", "shut that"], 2)
    table = trainer.model.get_layer("features").table
    before, encoded = table.numpy(), trainer.encode(["open it"])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(trainer.model(encoded)[:, 0])
    bias = trainer.model.get_layer("logits").bias
    gradient, other = tape.gradient(loss, [table, bias])
    assert isinstance(gradient, tf.IndexedSlices)
    optimizer = make_optimizer(Schedule(warmup=0.0), 0.1, 10, trainer.model)
    optimizer.build(trainer.model.trainable_variables)
    optimizer.apply_gradients([(gradient, table), (2 * other, bias)])
    np.testing.assert_allclose(bias.numpy(), [-0.1, 0.0], atol=1e-6)  # Adam's first step
    moved = np.flatnonzero((table.numpy() != before).any(axis=1))
    assert set(moved) == set(gradient.indices.numpy()) and 0 < len(moved) < len(before) - 1
    row, value = int(gradient.indices[0]), float(gradient.values[0, 0])
    expected = before[row, 0] - 0.1 * value / np.sqrt(FIRST_SUM + value**2)
    assert table.numpy()[row, 0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("units", [0, 16])
def test_it_learns_which_words_belong_to_a_label(units):
    texts = [f"{verb} the {noun}" for verb in ("open", "close", "lock") for noun in "abcdef"]
    targets = np.arange(18) // 6
    trainer = trainer_of(texts, 3, units=units, gain=10.0)
    encoded = trainer.encode(texts)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    trainer.model.compile(keras.optimizers.Adam(0.01), loss)
    trainer.model.fit(encoded, targets, batch_size=18, epochs=40, verbose=0, shuffle=False)
    found = trainer.model(trainer.encode(["please open", "close it", "the lock"])).numpy()
    assert found.argmax(1).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"used": 1001}, "encoder: used must be at most buckets, got 1001 and 1000"),
        ({"used": -1}, "encoder: used must be a whole number"),
        ({"features": 2049}, "encoder: features must be a whole number 1..2048"),
        ({"buckets": True}, "encoder: buckets must be a whole number"),
        ({"longest": ...}, "encoder: longest is missing"),
    ],
)
def test_damaged_encoders_are_refused(change, words):
    state = {**fitted().to_json(), **change}
    with pytest.raises(InputError, match=words):
        TfidfFeatures.from_json({k: v for k, v in state.items() if v is not ...}, ())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shortest": 5, "longest": 4}, "shortest must be at most longest, got 5 and 4"),
        ({"buckets": 2**20}, "buckets must be a whole number 1..1048574"),
        ({"gain": 0.0}, "gain must be"),
        ({"embedding": 8}, "embedding does not exist; allowed: buckets"),
    ],
)
def test_bad_options_are_refused(options, words):
    with pytest.raises(InputError, match=f"trainer tfidf: .*{words}"):
        trainer_of(**options)
