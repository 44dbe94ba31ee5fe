"""Data and settings that train in a moment."""

from contextlib import contextmanager

import numpy as np

from pnet_tf._keras import keras, tf

ALONE = {
    "projection": {"name": "structured", "functions": 4, "bits": 4},
    "head": {"name": "linear"},
    "trainer": {"name": "none"},
    "schedule": {"epochs": 2, "batch_size": 16},
}
"""Changes for dense features: a student alone."""
TAUGHT = {**ALONE, "trainer": {"name": "ff", "units": [4]}}
WORDS = {
    "byte_length": 16,
    "projection": {"name": "text", "functions": 2, "bits": 4, "tokens": 4},
    "head": {"name": "linear"},
    "trainer": {"name": "none"},
    "schedule": {"epochs": 2, "batch_size": 16},
}
PICTURES = {
    "projection": {"name": "local", "filters": 2},
    "head": {"name": "local", "channels": [4], "strides": [1]},
    "trainer": {"name": "none"},
    "augment": {"shift": 0},
    "schedule": {"epochs": 2, "batch_size": 16},
}


def features(rows=40, seed=0):
    """Rows of six numbers, and their class: one of three clusters."""
    rng = np.random.default_rng(seed)
    targets = np.arange(rows) % 3
    centres = np.random.default_rng(9).normal(size=(3, 6)) * 2
    return (centres[targets] + rng.normal(size=(rows, 6))).astype(np.float32), targets


def texts(rows=40):
    """Messages, and which of two verbs each has."""
    verbs = np.arange(rows) % 2
    return [f"{('open', 'close')[v]} door {'abcdefgh'[i % 8]}{i}" for i, v in enumerate(verbs)], [
        ("open", "shut")[v] for v in verbs
    ]


def pictures(rows=40):
    """8 x 8 pixels, dark or bright."""
    targets = np.arange(rows) % 2
    noise = np.random.default_rng(0).integers(0, 90, (rows, 8, 8, 1))
    return (noise + 120 * targets[:, None, None, None]).astype(np.uint8), targets


def network(inputs=6, outputs=3):
    """A model of dense features; its weights depend on the global seed."""
    source = keras.Input((inputs,))
    return keras.Model(source, keras.layers.Dense(outputs)(source))


def weights(model):
    return [variable.numpy() for variable in model.variables]


def same(one, other):
    """Whether two lists of arrays are equal bit for bit."""
    return len(one) == len(other) and all(map(np.array_equal, one, other))


@contextmanager
def untraced():
    """Steps are not traced within, which makes a fit of a few steps several times faster."""
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)
