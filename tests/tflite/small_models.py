"""Small stand-ins for finished models, as functions that TensorFlow's converter can take."""

import tempfile

import numpy as np

from pnet_tf.tflite.metadata import ModelMetadata

BYTES, CLASSES = 16, 5
LABELS = ("greet", "thanks", "bye", "yes", "no")


def text_metadata(**changes) -> ModelMetadata:
    """Metadata of the text-like model, with `changes`."""
    values = {
        "version": "0.1.0",
        "task": "classification",
        "input": {"kind": "text", "byte_length": BYTES},
        "labels": LABELS,
        "top_k": None,
        "quantize": "none",
        "projection": {"name": "text", "seed": 7},
        "training": {"accuracy": 0.5},
        "oldest_runtime": "tflite-runtime 2.14.0",
        "replies": {"greet": ("hi", "hey 👋")},
    }
    return ModelMetadata(**(values | changes))


def convert(function, shape, dtype, name, *, optimize=False) -> bytes:
    """What the converter makes of function(tf, value), which gives a dictionary of outputs."""
    from pnet_tf._keras import tf
    from pnet_tf._tflite import converted

    class Served(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, *shape), dtype, name=name)])
        def serve(self, value):
            return function(tf, value)

    module = Served()
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures={"serve": module.serve})
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["serve"])
        if optimize:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return converted(converter)


def random_bytes(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, BYTES), np.uint8)


def text_scores(tf, value):
    """Table look-up, integer hash, sign, two dense layers."""
    rng = np.random.default_rng(1)
    table = tf.constant(rng.integers(-(2**31), 2**31, 256).astype(np.int32))
    hashes = tf.gather(table, tf.cast(value, tf.int32))
    spread = hashes[..., None] * tf.constant(rng.integers(1, 2**31, 12).astype(np.int32) | 1)
    bits = tf.where(spread < 0, -1.0, 1.0)
    flat = tf.reshape(tf.reduce_sum(bits, axis=1), [1, 12])
    hidden = tf.nn.relu(flat @ tf.constant(rng.normal(size=(12, 8)).astype(np.float32)))
    logits = 0.2 * hidden @ tf.constant(rng.normal(size=(8, CLASSES)).astype(np.float32))
    return {"scores": tf.nn.softmax(logits)}


def text_top_k(tf, value):
    scores, indices = tf.math.top_k(text_scores(tf, value)["scores"], 2)
    return {"scores": scores, "indices": indices}


def pixel_scores(tf, value):
    """A 4x4 grey image: the label is the row with the brightest mean."""
    rows = tf.reduce_mean(tf.cast(value, tf.float32), axis=[2, 3])
    return {"scores": tf.nn.softmax(rows)}


def double_and_sum(tf, value):
    """Three features: values are twice the first and the sum of all."""
    return {"values": tf.stack([2 * value[:, 0], tf.reduce_sum(value, axis=1)], axis=1)}
