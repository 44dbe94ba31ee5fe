"""Random state of dropout and noise layers as variables, so that a checkpoint can hold it.

By default a layer of tf_keras draws from a stateful op whose counter lives inside the TensorFlow
runtime: it can be neither read nor restored. A layer with a `tf.random.Generator` has its state in
a variable instead, which `model.weights` leaves out.
"""

from __future__ import annotations

from .._keras import keras, stateful_generators, tf


def use_random_state_variables(model: keras.Model, seed: int) -> None:
    """Give every random layer of `model` that has no state variable one, from `seed`.

    Call it before any tf.function traces the model. Layers that have one keep it.
    """
    for _ in stateful_generators(model, fresh=lambda index: _mix(seed, index)):
        pass


def random_state_variables(model: keras.Model) -> list[tf.Variable]:
    """State of every random generator of `model`, nested layers and cells included.

    The order is that of the layers. Restore with `variable.assign(saved)`. Layers still on the
    runtime's hidden counter have none: see `use_random_state_variables`.
    """
    states: dict[int, tf.Variable] = {}
    for _, _, generator in stateful_generators(model):
        if generator is not None:
            states.setdefault(id(generator.state), generator.state)
    return list(states.values())


def _mix(seed: int, index: int) -> int:
    return (seed * 1_000_003 + index * 7_919 + 1) % (2**31 - 1)
