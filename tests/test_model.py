"""ProjectionNet: built from settings or plain JSON, saved by Keras; what is refused."""

import math

import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.data import InputSpec, encode_text
from pnet_tf.errors import InputError
from pnet_tf.model import ProjectionNet, answers, build_student
from pnet_tf.names import HEADS, PROJECTIONS
from pnet_tf.parsing import Component
from pnet_tf.projections.base import Projection
from pnet_tf.projections.local import ternary_filters
from pnet_tf.settings import StudentConfig, make_settings

TEXT = {"input": {"kind": "text", "byte_length": 32}, "outputs": 3,
        "projection": {"name": "text", "functions": 8, "bits": 8, "tokens": 4, "seed": 1},
        "head": {"name": "sequence", "embedding": 8, "channels": 8, "rank": 4}}  # fmt: skip
IMAGE = {"input": {"kind": "image", "shape": [8, 8, 1]}, "outputs": 4,
         "projection": {"name": "structured", "functions": 8, "bits": 4, "seed": 1},
         "head": {"name": "lookup"}}  # fmt: skip
LOCAL = {**IMAGE, "projection": {"name": "local", "filters": 2},
         "head": {"name": "local", "channels": [4, 4], "strides": [1, 1]}}  # fmt: skip
WRONG = (
    ("projection", {"name": "sphere"}, "projection must be one of text, .*got 'sphere'"),
    ("head", {"name": "tree"}, "head must be one of linear, .*got 'tree'"),
    ("projection", {"name": "text", "functions": "8"}, "functions must be a whole number, got '8'"),
    ("projection", {"name": "text", "functions": 8.0}, "functions must be a whole number, got 8.0"),
    ("projection", {"name": "text", "tokens": True}, "tokens must be a whole number, got True"),
    ("projection", {"name": "text", "size": 1},
     "does not take 'size'; its options: functions, bits, tokens, hashes, word_hashes, seed"),
    ("projection", {"name": "text", "dtype": "float16"}, "'text' does not take 'dtype'"),
    ("projection", {"name": "structured", "functions": 4, "bits": 64}, "bits must be 1..32"),
    ("projection", {"name": "structured", "bits": 4}, "'structured' needs the option functions"),
    ("projection", {"name": "dense", "functions": 4, "bits": 4, "kind": 5},
     "projection 'dense': kind must be text, got 5"),
    ("projection", {"functions": 4}, "projection needs a name"),
    ("head", {"name": "sequence", "depth": 3},
     "'sequence' does not take 'depth'; its options: embedding, channels, windows"),
    ("head", {"name": "dense", "units": [2.5]}, r"units \[0\] must be a whole number, got 2.5"),
    ("head", {"name": "dense", "units": 5}, "units must be a list, each a whole number, got 5"),
    ("head", {"name": "dense", "units": "ab"}, "units must be a list, .* got 'ab'"),
    ("head", {"name": "dense", "batch_norm": "no"}, "batch_norm must be true or false, got 'no'"),
    ("head", {"name": "local", "learned_filters": "yes"},
     "learned_filters must be true or false, got 'yes'"),
    ("head", {"name": "linear", "outputs": 3}, "'linear' does not take 'outputs'"),
    ("head", {"name": "linear", "bit_dropout": "0.1"}, "bit_dropout must be a finite number"),
    ("head", {"name": "linear", "bit_dropout": math.nan}, "bit_dropout must be a finite number"),
    ("outputs", 0, "outputs must be a whole number 1..65536, got 0"),
    ("outputs", "3", "outputs must be a whole number 1..65536, got '3'"),
    ("input", 5, "input must be an object with kind and shape, got 5"),
    ("input", {"kind": "text", "byte_length": 0}, "at least 1, got"),
    ("qat", "int2", "qat must be one of int4, int8, none, got 'int2'"),
    ("depth", 5, "depth does not exist; allowed: input, outputs, projection, head, qat"),
)  # fmt: skip


class Broken(Projection):
    """A projection with a fault of its own."""

    def __init__(self, size: int = 1, seed: int = 0) -> None:
        super().__init__()
        raise TypeError("can't multiply sequence by non-int")


class Shallow(Projection):
    """Features as they are."""

    def __init__(self, seed: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)

    def call(self, inputs):
        return inputs


@pytest.fixture
def tables(monkeypatch):
    """PROJECTIONS and HEADS, as they were afterwards."""
    for table in (PROJECTIONS, HEADS):
        monkeypatch.setattr(table, "_entries", dict(table._entries))


def fixed_filters(**config):
    student = build_student({**LOCAL, **config})
    return student.head.get_layer("block_1_filters").get_weights()[0]


def test_logits_and_answers():
    student = build_student(TEXT)
    inputs = tf.constant(encode_text(["hi there", ""], 32).bytes)
    logits = student(inputs)
    assert logits.shape == (2, 3)
    scores = answers(student, inputs, "classification")
    np.testing.assert_allclose(scores, tf.nn.softmax(logits), rtol=1e-6)
    np.testing.assert_array_equal(answers(student, inputs, "regression"), logits)


def test_only_the_head_is_trained():
    student = build_student(TEXT)
    assert len(student.trainable_variables) == len(student.head.trainable_variables) > 0
    assert not student.projection.weights


def test_lookup_takes_its_blocks_from_the_projection():
    assert build_student(IMAGE).head.count_params() == 8 * 2**4 * 4 + 4
    asked = {**IMAGE, "head": {"name": "lookup", "functions": 4, "bits": 8}}
    assert build_student(asked).head.count_params() == 4 * 2**8 * 4 + 4


def test_the_seed_of_settings_reaches_projection_and_fixed_filters():
    def config(seed, head=()):
        change = {"seed": seed, "qat": "none", "projection": {"name": "local", "filters": 2},
                  "head": {"name": "local", "channels": [4, 4], "strides": [1, 1],
                           "learned_filters": False, **dict(head)}}  # fmt: skip
        settings = make_settings("image", change, recipe="image")
        return StudentConfig.of(settings, InputSpec("image", (8, 8, 1)), 3)

    assert config(5).projection.options["seed"] == 5
    for seed in (0, 1, 5):
        filters = build_student(config(seed)).head.get_layer("block_1_filters").get_weights()[0]
        np.testing.assert_array_equal(filters, ternary_filters(3, 4, 1, seed + 1))
    own = build_student(config(5, {"seed": 9})).head.get_layer("block_1_filters").get_weights()[0]
    np.testing.assert_array_equal(own, ternary_filters(3, 4, 1, 10))


def test_a_seed_of_the_projection_reaches_the_head_unless_it_has_one():
    seeded = {"projection": {"name": "local", "filters": 2, "seed": 7}}
    np.testing.assert_array_equal(fixed_filters(**seeded), ternary_filters(3, 4, 1, 8))
    assert not np.array_equal(fixed_filters(**seeded), fixed_filters())
    own = {"head": {**LOCAL["head"], "seed": 0}}
    np.testing.assert_array_equal(fixed_filters(**seeded, **own), fixed_filters())


def test_equal_seeds_give_equal_bits_and_others_differ():
    inputs = tf.constant(encode_text(["where r u"], 32).bytes)
    bits = [
        build_student({**TEXT, "projection": {**TEXT["projection"], "seed": seed}}).projection(
            inputs
        )
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(bits[0], bits[1])
    assert not np.array_equal(bits[0], bits[2])


def test_keras_config_rebuilds(tmp_path):
    student = build_student(TEXT)
    inputs = tf.constant(encode_text(["where r u", "ok"], 32).bytes)
    expected = student(inputs)
    again = ProjectionNet.from_config(student.get_config())
    assert again.spec == student.spec == InputSpec("text", (32,))
    again(inputs)
    for new, old in zip(again.variables, student.variables, strict=True):
        new.assign(old)
    np.testing.assert_array_equal(again(inputs), expected)
    student.save(tmp_path / "student.keras")
    loaded = keras.models.load_model(tmp_path / "student.keras")
    np.testing.assert_allclose(loaded(inputs), expected, rtol=1e-6)


@pytest.mark.parametrize(("key", "value", "words"), WRONG)
def test_bad_configurations(key, value, words):
    with pytest.raises(InputError, match=words) as caught:
        build_student({**TEXT, key: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "given", [{"kind": "image", "shape": [8, 8, 1]}, {"kind": "dense", "shape": [32]}]
)
def test_text_projection_takes_texts_only(given):
    with pytest.raises(InputError, match=f"reads text, got input of kind '{given['kind']}'"):
        build_student({**TEXT, "input": given})


def test_a_fault_within_a_projection_or_head_is_no_fault_of_the_settings(tables):
    PROJECTIONS.register("broken", Broken)
    config = {**IMAGE, "projection": {"name": "broken"}, "head": {"name": "linear"}}
    with pytest.raises(TypeError, match="can't multiply"):
        build_student(config)
    with pytest.raises(InputError, match="size must be a whole number, got 'a'"):
        build_student({**config, "projection": {"name": "broken", "size": "a"}})

    def broken_head(input_shape, outputs):
        return len(5)

    HEADS.register("broken", broken_head)
    with pytest.raises(TypeError, match="has no len"):
        build_student({**IMAGE, "head": {"name": "broken"}})


def test_a_projection_and_a_head_from_outside(tables):
    def sums(input_shape, outputs, *, scale: float = 1.0):
        bits = keras.Input(input_shape)
        return keras.Model(bits, keras.layers.Dense(outputs, use_bias=False)(bits * scale))

    PROJECTIONS.register("shallow", Shallow)
    HEADS.register("sums", sums)
    student = build_student({"input": {"kind": "dense", "shape": [2]}, "outputs": 1,
                             "projection": {"name": "shallow", "seed": 3},
                             "head": {"name": "sums", "scale": 2}})  # fmt: skip
    student.head.set_weights([np.array([[1.0], [10.0]])])
    assert student(tf.constant([[1.0, -1.0]])).numpy().tolist() == [[-18.0]]
    with pytest.raises(InputError, match="head 'sums' does not take 'size'; its options: scale"):
        build_student({**IMAGE, "head": {"name": "sums", "size": 2}})


def test_parts_must_be_of_tf_keras():
    kind = type("Model", (), {"__module__": "keras.src.models.model"})  # as one of Keras 3
    student = build_student(TEXT)
    with pytest.raises(InputError, match="head is a Keras 3 object; it must be made with tf_keras"):
        ProjectionNet(student.projection, kind())
    with pytest.raises(InputError, match="projection must be a tf_keras Layer, got str"):
        ProjectionNet("text", student.head)


def test_configurations_are_values():
    config = StudentConfig.parse(TEXT)
    assert StudentConfig.parse(config) is config and StudentConfig.parse(TEXT) == config
    assert config.head == Component("sequence", {"embedding": 8, "channels": 8, "rank": 4})
