"""The one file that touches what TensorFlow's converter does not publish.

Each function says what to do when an upgrade breaks it; `tests/test_private_names.py` is its
canary.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from ._keras import tf
from .errors import WorkError

_FROZEN_AT_START = 1000
"""Objects that no collection walks from the start, at most: Python 3.12 has 375 of them."""


def per_tensor_dense(converter: tf.lite.TFLiteConverter) -> None:
    """Quantise dense layers with one scale a tensor: tflite-runtime 2.14 refuses one a channel.

    Private: `_experimental_disable_per_channel_quantization_for_dense_layers`. When it breaks: look
    for its public name in `tf.lite.TFLiteConverter`; without it, files of `dynamic` and `int8` name
    a newer runtime (the compatibility check refuses them as promised).
    """
    _set(converter, "_experimental_disable_per_channel_quantization_for_dense_layers")


def calibrate_only(converter: tf.lite.TFLiteConverter) -> None:
    """Convert to a float model that bears the ranges of its activations.

    Private: `_experimental_calibrate_only`. When it breaks: run the float model over the samples
    with all tensors kept, and write minima and maxima into the quantisation records.
    """
    _set(converter, "_experimental_calibrate_only")


def _set(converter: tf.lite.TFLiteConverter, name: str) -> None:
    if not hasattr(converter, name):
        raise RuntimeError(f"this TensorFlow's converter has no {name}; see pnet_tf/_tflite.py")
    setattr(converter, name, True)


def converted(converter: tf.lite.TFLiteConverter) -> bytes:
    """What `converter` makes; raises WorkError, one sentence, for what it cannot convert.

    Private: `tensorflow.lite.python.convert_phase.ConverterError`, whose text of many lines ends
    with the operators that are no builtins. When it breaks: see what `convert` raises for
    `tf.math.igamma`.
    """
    from tensorflow.lite.python.convert_phase import ConverterError

    try:
        with _uncollected():
            return bytes(converter.convert())
    except ConverterError as error:
        found = re.findall(r"(?:Custom|Flex|TF Select) ops: (.+)", str(error))
        first = (str(error).strip().splitlines() or [""])[0]
        raise WorkError(
            f"the file would not run everywhere: no builtin operators for {', '.join(found)}"
            if found
            else f"TensorFlow's converter refuses the student: {first[:200]}"
        ) from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Spare what lives already the full garbage collection that ends each conversion.

    It would walk all of TensorFlow's objects every time. What the caller froze stays frozen, and
    then nothing else is.
    """
    if gc.get_freeze_count() > _FROZEN_AT_START:
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def quantize_calibrated(
    model: bytes, exact: Collection[str], exact_kinds: Collection[str]
) -> bytes:
    """Int8 form of a calibrated model, but for the operators whose first output is named in `exact`
    or whose kind in `exact_kinds`, which stay float.

    Private: `tensorflow.lite.python.convert.mlir_quantize`. When it breaks: ai-edge-quantizer's
    static recipes can exclude operators by name; they quantise inputs of excluded ones differently.
    """
    from tensorflow.lite.python.convert import mlir_quantize

    return bytes(
        mlir_quantize(
            model,
            denylisted_nodes=set(exact),
            denylisted_ops=set(exact_kinds),
            disable_per_channel_for_dense_layers=True,
        )
    )
