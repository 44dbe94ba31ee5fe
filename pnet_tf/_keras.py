"""The one file that chooses the Keras flavour: tf_keras, because TFMOT works with no other."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@contextmanager
def _quiet() -> Iterator[None]:
    """TensorFlow's native start-up notes ignore its log level; only they are kept from stderr."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


with _quiet():
    import tensorflow as tf
    import tf_keras as keras
    from tf_keras.src.backend import RandomGenerator

    tf.config.list_physical_devices()

__all__ = ["RandomGenerator", "keras", "tf"]
