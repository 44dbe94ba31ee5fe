"""DeepDTA (Öztürk et al. 2018, Bioinformatics 34 i821): convolutions of a drug and of a protein.

A batch holds each drug and each protein once, and places of pairs in them: what is pooled is
gathered for each pair, so that nothing is convolved twice.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from affinities import Affinities, batches, inputs_of

from pnet_tf import keras
from pnet_tf._keras import tf
from pnet_tf.compress.network import CompressedModel
from pnet_tf.metrics import mse

FILTERS, WIDTHS = (32, 64, 96), {"drugs": (4, 6, 8), "proteins": (4, 8, 12)}
EMBEDDING, DENSE, DROPOUT = 128, (1024, 1024, 512), 0.1
PAIRS, PROTEINS = 8, 32
"""Pairs of one protein in a batch, and how many times; about 256 pairs, all distinct."""
RATE, RETRAINING_RATE = 1e-3, 3e-4
STEPS, RETRAINING_STEPS, FINAL_EPOCHS = 3200, 120, 15
BEST = "best.weights.h5"


@keras.utils.register_keras_serializable("deepdta")
class Gathered(keras.layers.Layer):
    """[D, F], [P, G] and places [B, 2] -> [B, F + G]: of each pair its drug and its protein."""

    def call(self, inputs: Any) -> Any:
        """As the class says."""
        drugs, proteins, pairs = inputs
        parts = [tf.gather(drugs, pairs[:, 0]), tf.gather(proteins, pairs[:, 1])]
        return tf.concat(parts, axis=-1)


def network(data: Affinities) -> keras.Model:
    """Takes what `inputs_of` gives, answers [B, 1]; begins at the mean target of train."""
    layers = keras.layers
    ids = {"drugs": data.drugs, "proteins": data.proteins}
    inputs = {
        name: keras.Input(rows.shape[1:], name=name, dtype="int32") for name, rows in ids.items()
    }
    pooled = [convolved(inputs[name], name, int(rows.max()) + 1) for name, rows in ids.items()]
    inputs["pairs"] = keras.Input((2,), dtype="int32", name="pairs")
    x = Gathered(name="joined")([*pooled, inputs["pairs"]])
    for number, width in enumerate(DENSE, 1):
        x = layers.Dense(width, "relu", name=f"dense_{number}")(x)
        if number < len(DENSE):
            x = layers.Dropout(DROPOUT)(x)
    middle = keras.initializers.Constant(float(data.targets[data.train].mean()))
    x = layers.Dense(1, bias_initializer=middle, name="dense_4")(x)
    return keras.Model(inputs, x, name="deepdta")


def convolved(ids: Any, name: str, characters: int) -> Any:
    """[rows, length] of ids below `characters` -> [rows, 96]."""
    layers = keras.layers
    x = layers.Embedding(characters, EMBEDDING, name=f"{name}_embedding")(ids)
    for number, (filters, width) in enumerate(zip(FILTERS, WIDTHS[name], strict=True), 1):
        x = layers.Conv1D(filters, width, activation="relu", name=f"{name}_conv_{number}")(x)
    return layers.GlobalMaxPooling1D()(x)


def trained(data: Affinities, seed: int, run: Path, steps: int = STEPS) -> keras.Model:
    """The uncompressed network of its best epoch on valid, kept under `run`.

    A training that was stopped goes on after its last whole epoch.
    """
    place = run / "net.keras"
    if place.exists():
        return keras.models.load_model(place)
    run.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    model = network(data)
    _train(model, data, seed, run, steps)
    model.load_weights(run / BEST)
    model.save(run / "making.keras")
    (run / "making.keras").rename(place)
    return model


def _train(model: keras.Model, data: Affinities, seed: int, run: Path, steps: int) -> None:
    """Epochs of about `steps` steps in all, the last ones at a rate near 0."""
    count = len(drawn(data, seed))
    epochs = max(1, round(steps / count))
    rate = keras.optimizers.schedules.CosineDecay(RATE, epochs * count)
    model.compile(keras.optimizers.Adam(rate), "mse")
    done, best = tf.Variable(0), tf.Variable(np.inf)
    state = tf.train.Checkpoint(model=model, optimizer=model.optimizer, done=done, best=best)
    kept = tf.train.CheckpointManager(state, str(run / "epochs"), max_to_keep=1)
    if kept.latest_checkpoint:
        model.optimizer.build(model.trainable_variables)
        state.restore(kept.latest_checkpoint).assert_existing_objects_matched()
    for epoch in range(int(done.numpy()), epochs):
        error = _epoch(model, data, seed, epoch, run)
        if error < best.numpy():
            best.assign(error)
            model.save_weights(run / BEST)
        done.assign(epoch + 1)
        kept.save()


def _epoch(model: keras.Model, data: Affinities, seed: int, epoch: int, run: Path) -> float:
    """Train for an epoch; the mean squared error on valid, also shown and in `epochs.jsonl`."""
    began = monotonic()
    loss = model.fit(stream(data, drawn(data, seed, epoch)), verbose=0).history["loss"][0]
    error = valid_error(model, data)
    seconds = monotonic() - began
    line = json.dumps({"epoch": epoch + 1, "loss": round(loss, 4), "valid_mse": round(error, 4),
                       "seconds": round(seconds, 1)})  # fmt: skip
    print(line, flush=True)
    with (run / "epochs.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    return error


def drawn(data: Affinities, seed: int, epoch: int = 0) -> list[np.ndarray]:
    """The batches of an epoch, as many in each; the same whenever they are asked for."""
    rng = np.random.default_rng([seed, epoch])
    return list(batches(data.pairs, data.train, PAIRS, PROTEINS, rng))


def stream(data: Affinities, parts: Sequence[np.ndarray]) -> tf.data.Dataset:
    """(inputs, targets [B]) of the pairs of each part, made while a step runs."""
    ids = {"drugs": data.drugs, "proteins": data.proteins, "pairs": data.pairs}
    signature = {name: tf.TensorSpec((None, rows.shape[1]), tf.int32) for name, rows in ids.items()}

    def examples() -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
        return ((inputs_of(data, part), data.targets[part]) for part in parts)

    found = tf.data.Dataset.from_generator(
        examples, output_signature=(signature, tf.TensorSpec((None,), tf.float32))
    )
    # Without their number Keras runs into the end, and counts a step there.
    return found.apply(tf.data.experimental.assert_cardinality(len(parts))).prefetch(2)


def answers(model: keras.Model, data: Affinities, rows: np.ndarray) -> np.ndarray:
    """float32 [rows]: what the model says of each pair, in the order of `rows`."""
    places = list(batches(data.pairs[rows], np.arange(len(rows)), len(rows), PROTEINS))
    values = model.predict(stream(data, [rows[part] for part in places]), verbose=0)
    found = np.empty(len(rows), np.float32)
    found[np.concatenate(places)] = values.reshape(-1)
    return found


def fit_compressed(small: CompressedModel, data: Affinities) -> None:
    """Some steps of retraining, on batches drawn anew each time, the last at a rate near 0."""
    rate = keras.optimizers.schedules.CosineDecay(RETRAINING_RATE, RETRAINING_STEPS)
    small.compile(keras.optimizers.Adam(rate), "mse")
    small.fit(stream(data, list(islice(_endless(data), RETRAINING_STEPS))), verbose=0)


def finish(small: CompressedModel, data: Affinities) -> None:
    """Epochs as those of the first training: the last at a rate near 0, the best on valid stays."""
    rate = keras.optimizers.schedules.CosineDecay(RATE, FINAL_EPOCHS * len(drawn(data, 0)))
    small.compile(keras.optimizers.Adam(rate), "mse")
    least, best = np.inf, small.model.get_weights()
    for _ in range(FINAL_EPOCHS):
        small.fit(stream(data, drawn(data, random.getrandbits(32))), verbose=0)
        error = valid_error(small.model, data)
        if error < least:
            least, best = error, small.model.get_weights()
    small.model.set_weights(best)


def valid_error(model: keras.Model, data: Affinities) -> float:
    """Mean squared error on valid."""
    return mse(answers(model, data, data.valid), data.targets[data.valid])


def _endless(data: Affinities) -> Iterator[np.ndarray]:
    while True:
        yield from drawn(data, random.getrandbits(32))
