"""Random state of dropout and noise layers as variables, so that a checkpoint can hold it.

By default a layer of tf_keras draws from a stateful op whose counter lives inside the TensorFlow
runtime: it can be neither read nor restored. With `rng_type="stateful"` the layer owns a
`tf.random.Generator` instead, whose state is a variable that `model.weights` leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ._keras import RandomGenerator, keras, tf


def use_random_state_variables(model: keras.Model, seed: int) -> None:
    """Give every random layer of `model` that has no state variable one, from `seed`.

    Call it before any tf.function traces the model. Layers that have one keep it.
    """
    for index, (layer, name, generator) in enumerate(_keras_generators(model)):
        if generator._rng_type == RandomGenerator.RNG_LEGACY_STATEFUL:
            fresh = RandomGenerator(_mix(seed, index), rng_type=RandomGenerator.RNG_STATEFUL)
            fresh._maybe_init()
            object.__setattr__(layer, name, fresh)


def random_state_variables(model: keras.Model) -> list[tf.Variable]:
    """State of every random generator of `model`, nested layers and cells included.

    The order is that of the layers. Restore with `variable.assign(saved)`. Layers still on the
    runtime's hidden counter have none: see `use_random_state_variables`.
    """
    states: dict[int, tf.Variable] = {}
    for generator in _generators(model):
        states.setdefault(id(generator.state), generator.state)
    return list(states.values())


def _generators(model: keras.Model) -> Iterator[tf.random.Generator]:
    for _, _, generator in _keras_generators(model):
        if generator._rng_type == RandomGenerator.RNG_STATEFUL:
            generator._maybe_init()
            yield generator._generator
    for layer in model._flatten_layers():
        yield from (v for v in vars(layer).values() if isinstance(v, tf.random.Generator))


def _keras_generators(
    model: keras.Model,
) -> Iterator[tuple[keras.layers.Layer, str, RandomGenerator]]:
    for layer in model._flatten_layers():
        for name, value in list(vars(layer).items()):
            if isinstance(value, RandomGenerator):
                yield layer, name, value


def _mix(seed: int, index: int) -> int:
    return (seed * 1_000_003 + index * 7_919 + 1) % (2**31 - 1)
