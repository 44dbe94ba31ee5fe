"""Random state of dropout and noise as variables: found, seeded, restored."""

import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.training.random_state import random_state_variables, use_random_state_variables

K = keras.layers


def nested_model(**options):
    inner = keras.Sequential([keras.Input((4,)), K.Dense(8), K.GaussianNoise(1.0, **options)])
    x = inputs = keras.Input((4,))
    x = K.Dropout(0.5, **options)(inner(x))
    return keras.Model(inputs, K.GaussianDropout(0.3, **options)(x))


def recurrent_model():
    inputs = keras.Input((5, 4))
    cell = K.GRU(6, dropout=0.5, recurrent_dropout=0.3, return_sequences=True)
    x = K.Bidirectional(cell)(inputs)
    x = K.LSTM(6, recurrent_dropout=0.5)(x)
    return keras.Model(inputs, K.Dropout(0.5)(x))


def check_replay(model, x, call):
    states = random_state_variables(model)
    saved = [state.numpy() for state in states]
    first = [call(x, training=True).numpy() for _ in range(2)]
    assert not np.array_equal(first[0], first[1])
    for state, value in zip(states, saved, strict=True):
        state.assign(value)
    again = [call(x, training=True).numpy() for _ in range(2)]
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("traced", [False, True])
def test_restored_states_replay_nested_layers(traced):
    model = nested_model(rng_type="stateful")
    assert len(random_state_variables(model)) == 3
    call = tf.function(model) if traced else model
    check_replay(model, tf.ones((3, 4)), call)


@pytest.mark.parametrize("traced", [False, True])
def test_restored_states_replay_recurrent_dropout(traced):
    model = recurrent_model()
    use_random_state_variables(model, 7)
    call = tf.function(model) if traced else model
    check_replay(model, tf.ones((3, 5, 4)), call)


def test_runtime_counters_are_not_found_until_converted():
    model = nested_model()
    assert random_state_variables(model) == []
    use_random_state_variables(model, 1)
    assert len(random_state_variables(model)) == 3
    check_replay(model, tf.ones((3, 4)), tf.function(model))


def test_states_differ_by_layer_and_depend_on_the_seed():
    def states(seed):
        model = nested_model()
        use_random_state_variables(model, seed)
        return [tuple(state.numpy()) for state in random_state_variables(model)]

    assert states(3) == states(3)
    assert states(3) != states(4)
    assert len(set(states(3))) == 3


def test_conversion_keeps_a_state_that_is_there():
    model = nested_model(rng_type="stateful", seed=5)
    before = random_state_variables(model)
    use_random_state_variables(model, 1)
    assert [id(v) for v in before] == [id(v) for v in random_state_variables(model)]


def test_generator_of_the_users_own_layer():
    class Noise(K.Layer):
        def __init__(self):
            super().__init__()
            self.generator = tf.random.Generator.from_seed(1)

        def call(self, x, training=None):
            return x + self.generator.normal(tf.shape(x)) if training else x

    inputs = keras.Input((4,))
    model = keras.Model(inputs, Noise()(inputs))
    assert len(random_state_variables(model)) == 1
    check_replay(model, tf.ones((2, 4)), tf.function(model))
