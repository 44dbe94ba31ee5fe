"""A user's own Keras model, named `module:function`."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .._keras import keras, tf
from ..errors import InputError
from ..random_state import use_random_state_variables

_SPEC = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def custom_network(
    spec: str, input_shape: tuple[int, ...], dtype: str, outputs: int, seed: int
) -> keras.Model:
    """The model that `module:function` returns for (input_shape, outputs).

    The module is looked for in the working directory, then on sys.path. The model must take raw
    inputs, a batch [N, *input_shape] of `dtype` (text: uint8 bytes, image: uint8 pixels, dense:
    float32), and return logits [N, outputs]. Keras is seeded before the call and random layers
    get state variables after it. Raises InputError when any of that does not hold.
    """
    function = _find(spec)
    keras.utils.set_random_seed(seed)
    try:
        model = function(input_shape, outputs)
    except Exception as error:
        raise InputError(f"trainer {spec} failed when called: {_line(error)}") from error
    _check_flavour(spec, model)
    use_random_state_variables(model, seed)
    _check_output(spec, model, input_shape, dtype, outputs)
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
    except Exception as error:
        raise InputError(f"trainer {spec}: importing it failed: {_line(error)}") from error
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def _check_flavour(spec: str, model: Any) -> None:
    if isinstance(model, keras.Model):
        return
    if any(kind.__module__.split(".")[0] == "keras" for kind in type(model).__mro__):
        raise InputError(
            f"trainer {spec} returned a Keras 3 object; it must be made with tf_keras: "
            "write `import tf_keras as keras` in its module"
        )
    raise InputError(f"trainer {spec} must return a tf_keras.Model, got {type(model).__name__}")


def _check_output(
    spec: str, model: keras.Model, input_shape: tuple[int, ...], dtype: str, outputs: int
) -> None:
    """Call the model on zeros, which also builds it."""
    try:
        found = tuple(model(tf.zeros((2, *input_shape), dtype), training=False).shape)
    except Exception as error:
        raise InputError(
            f"trainer {spec} does not take a {dtype} batch (N, {', '.join(map(str, input_shape))})"
            f": {_line(error)}"
        ) from error
    if found != (2, outputs):
        raise InputError(
            f"trainer {spec} must return logits (2, {outputs}) for a batch of 2, got {found}"
        )


def _line(error: BaseException) -> str:
    """The error's type and first line, at most 200 characters."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else ''}"[:200]
