"""A user's own Keras model, named `module:function`."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .._keras import keras, require_keras, tf
from ..errors import InputError

_SPEC = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def custom_network(
    spec: str, input_shape: tuple[int, ...], dtype: str, outputs: int, seed: int
) -> keras.Model:
    """The model that `module:function` returns for (input_shape, outputs).

    The module is looked for in the working directory, then on sys.path. The model must take raw
    inputs, a batch [N, *input_shape] of `dtype` (text: uint8 bytes, image: uint8 pixels, dense:
    float32), and return logits [N, outputs]. Keras is seeded first. Raises InputError when
    any of that does not hold, also when the user's code tries to end the program.
    """
    function = _find(spec)
    keras.utils.set_random_seed(seed)
    try:
        model = function(input_shape, outputs)
    except (Exception, SystemExit) as error:
        raise InputError(f"trainer {spec} failed when called: {_line(error)}") from error
    require_keras(model, keras.Model, f"what trainer {spec} returned")
    check_output(f"trainer {spec}", model, input_shape, dtype, outputs)
    return model


def _find(spec: str) -> Callable[[tuple[int, ...], int], Any]:
    if not _SPEC.fullmatch(spec):
        raise InputError(f"trainer must be a name or module:function, got {spec!r}")
    module_name, _, function_name = spec.partition(":")
    function = getattr(_import(spec, module_name), function_name, None)
    if not callable(function):
        raise InputError(f"trainer {spec}: module {module_name} has no function {function_name}")
    return function


def _import(spec: str, module_name: str) -> Any:
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise InputError(
            f"trainer {spec}: no module {error.name} in {folder} or on sys.path"
        ) from error
    except (Exception, SystemExit) as error:
        raise InputError(f"trainer {spec}: importing it failed: {_line(error)}") from error
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def check_output(
    title: str, model: keras.Model, input_shape: tuple[int, ...], dtype: str, outputs: int
) -> None:
    """Call the model on zeros, which also builds it."""
    try:
        found = tuple(model(tf.zeros((2, *input_shape), dtype), training=False).shape)
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{title} does not take a {dtype} batch (N, {', '.join(map(str, input_shape))})"
            f": {_line(error)}"
        ) from error
    if found != (2, outputs):
        raise InputError(
            f"{title} must return logits (2, {outputs}) for a batch of 2, got {found}"
        )


def _line(error: BaseException) -> str:
    """The error's type and first line, at most 200 characters."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else ''}"[:200]
