"""Students that a person builds by hand, trained for a moment, and what they were trained on."""

from functools import cache
from types import SimpleNamespace

import numpy as np

from pnet_tf import InputSpec, LocalProjection, StructuredProjection, TextProjection, keras

LABELS = ("first", "second", "third")
BYTES = 48
WORDS = (("where", "are", "you"), ("thanks", "a", "lot"), ("good", "bye", "now"))
_LAYERS = keras.layers


class Features(keras.Model):
    """Features -> bits -> logits, as a subclassed model has it: no input is known before a call."""

    def __init__(self, outputs=3):
        super().__init__()
        self.projection = StructuredProjection(16, 8)
        self.hidden = _LAYERS.Dense(32, activation="relu")
        self.logits = _LAYERS.Dense(outputs)

    def call(self, inputs):
        return self.logits(self.hidden(self.projection(inputs)))


class Messages(keras.Model):
    """Bytes -> token vectors -> logits."""

    def __init__(self):
        super().__init__()
        self.projection = TextProjection(functions=8, bits=8, tokens=8)
        self.maximum = _LAYERS.GlobalMaxPooling1D()
        self.logits = _LAYERS.Dense(3)

    def call(self, inputs):
        return self.logits(self.maximum(self.projection(inputs)))


def text_student():
    x = source = keras.Input((BYTES,), dtype="uint8")
    x = TextProjection(functions=8, bits=8, tokens=8, name="projection")(x)
    x = _LAYERS.Dense(32, activation="relu")(x)
    x = _LAYERS.GlobalMaxPooling1D()(x)
    return keras.Model(source, _LAYERS.Dense(3)(x))


def image_student():
    x = source = keras.Input((10, 10, 1), dtype="uint8")
    x = LocalProjection(8, name="projection")(x)
    x = _LAYERS.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(x)
    x = _LAYERS.BatchNormalization(momentum=0.8)(x)
    x = _LAYERS.ReLU()(x)
    x = _LAYERS.GlobalAveragePooling2D()(x)
    return keras.Model(source, _LAYERS.Dense(3)(x))


def feature_student(outputs=3):
    x = source = keras.Input((20,))
    x = StructuredProjection(16, 8, name="projection")(x)
    x = _LAYERS.Dense(32, activation="relu")(x)
    return keras.Model(source, _LAYERS.Dense(outputs)(x))


def texts(count=96):
    rng = np.random.default_rng(1)
    return [" ".join(rng.choice(WORDS[i % 3], 4)) for i in range(count)]


def pixels(count=96):
    """Grey noise with a bright third: the left one, the middle one, the right one."""
    found = np.random.default_rng(2).integers(0, 120, (count, 10, 10, 1), dtype=np.uint8)
    for row, image in enumerate(found):
        image[:, 3 * (row % 3) : 3 * (row % 3) + 4] += 120
    return found


def features(count=96):
    found = np.random.default_rng(3).normal(size=(count, 20)).astype(np.float32)
    for row in range(count):
        found[row, row % 3] += 4.0
    return found


_MADE = {
    "text": (text_student, texts, InputSpec("text", (BYTES,))),
    "image": (image_student, pixels, InputSpec("image", (10, 10, 1))),
    "features": (feature_student, features, InputSpec("dense", (20,))),
    "subclassed": (Features, features, InputSpec("dense", (20,))),
}
KINDS = tuple(_MADE)


def trained(model, raw, targets, epochs=6):
    """`model` after `compile` and `fit`, as anyone trains one."""
    keras.utils.set_random_seed(0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    model.fit(raw, targets, batch_size=16, epochs=epochs, verbose=0)
    return model


@cache
def own(kind):
    """`student`, its `samples` as people have them, `raw` as it takes them, `targets`, `bits`."""
    make, draw, spec = _MADE[kind]
    samples = draw()
    raw, targets = spec.encode(samples).array, np.arange(len(samples)) % 3
    keras.utils.set_random_seed(0)
    student = trained(make(), raw, targets)
    layer = getattr(student, "projection", None) or student.get_layer("projection")
    bits = layer(raw).numpy().reshape(len(raw), -1)
    return SimpleNamespace(
        student=student, samples=samples, raw=raw, targets=targets, bits=bits, spec=spec
    )
