from functools import cache

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.export.quantize import check_mode, trained_mode
from pnet_tf.export.shrink import shrink
from pnet_tf.export.student import projection_scope
from pnet_tf.tflite.compatibility import check_operators
from pnet_tf.tflite.oldest_runtime import run_on_oldest
from pnet_tf.tflite.reader import read_model
from tests.export.quantized_heads import (
    CASES,
    bits_of,
    file_of,
    samples_of,
    scores,
    scores_of,
    student_of,
)

MODES = ("none", "dynamic", "int8", "int4")
PAIRS = [(name, mode) for name in CASES for mode in MODES if (name, mode) != ("lookup", "int4")]
OLD_FAILS = {("local", "int4")}


@cache
def case_of(name):
    """A student and raw inputs."""
    student, config = student_of(name)
    return student, samples_of(config)


@cache
def model_of(name, mode):
    """Its file as the converter gives it: a conversion takes seconds."""
    student, samples = case_of(name)
    return file_of(student, mode, samples)


@pytest.fixture(params=PAIRS, ids="-".join)
def made(request):
    """Name, mode, student, raw inputs, file."""
    name, mode = request.param
    return name, mode, *case_of(name), model_of(name, mode)


def test_a_mode_agrees_with_keras_with_and_without_xnnpack(made):
    _, mode, student, samples, model = made
    expected = scores_of(student, samples)
    tolerance = {"none": 1e-5, "dynamic": 0.03, "int8": 0.03, "int4": 0.12}[mode]
    for xnnpack in (True, False):
        assert np.abs(scores(shrink(model), samples, xnnpack) - expected).max() < tolerance


def test_bits_stay_exact(made):
    _, _, student, samples, model = made
    expected = student.projection(samples).numpy().reshape(len(samples), -1)
    assert np.array_equal(bits_of(model, samples, expected), expected)


def test_a_mode_passes_the_gate_and_the_oldest_runtime(made, save, oldest_python):
    name, mode, _, samples, model = made
    small = shrink(model)
    problems = check_operators(small)
    if (name, mode) in OLD_FAILS:
        assert problems == ["DEQUANTIZE of INT4 weights: not on tflite-runtime 2.14.0"]
    else:
        assert problems == []
        old = run_on_oldest(save(small), samples, oldest_python)
        assert np.abs(old - scores(small, samples, False)).max() < 1e-2


def test_no_slice_takes_all(made):
    graph = read_model(shrink(made[-1])).subgraphs[0]
    shapes = [
        [tuple(graph.tensors[i].shape) for i in (node.inputs[0], node.outputs[0])]
        for node in graph.operators
        if node.name == "STRIDED_SLICE"
    ]
    assert all(whole != part for whole, part in shapes)


def test_the_same_student_gives_the_same_bytes(made):
    name, mode, student, samples, model = made
    assert file_of(student, mode, samples) == model


@pytest.mark.parametrize("name", CASES)
def test_fewer_bits_fewer_bytes(name):
    modes = [mode for mode in ("none", "int8", "int4") if (name, mode) in PAIRS]
    sizes = [len(shrink(model_of(name, mode))) for mode in modes]
    assert sizes == sorted(sizes, reverse=True)


def test_int8_quantises_the_head_only_and_answers_in_float():
    student, config = student_of("text")
    samples = samples_of(config)
    graph = read_model(file_of(student, "int8", samples, top_k=3)).subgraphs[0]
    types = {node.name: graph.tensors[node.inputs[0]].type for node in graph.operators}
    assert types["FULLY_CONNECTED"] == "INT8"
    assert types["SOFTMAX"] == types["TOPK_V2"] == "FLOAT32"


def test_int4_stores_big_matrices_in_half_bytes():
    student, config = student_of("structured")
    model = file_of(student, "int4", samples_of(config))
    graph = read_model(model).subgraphs[0]
    stored = {
        graph.tensors[node.inputs[1]].shape: graph.tensors[node.inputs[1]].type
        for node in graph.operators if node.name == "FULLY_CONNECTED"
    }  # fmt: skip
    assert stored == {(64, 96): "INT4", (10, 64): "INT8"}


def test_bad_modes_and_samples_are_refused():
    student, config = student_of("structured")
    samples = samples_of(config)
    with pytest.raises(InputError, match="none, dynamic, int8, int4, auto, got 'int2'"):
        check_mode("int2", student)
    with pytest.raises(InputError, match="lookup head"):
        file_of(student_of("lookup")[0], "int4", samples)
    with pytest.raises(InputError, match="trained with qat int8, got 'dynamic'"):
        check_mode("dynamic", student_of("structured", qat="int8")[0])
    for bad in (samples[:0], samples[:, :5], samples.astype(np.float64)):
        with pytest.raises(InputError, match="samples must be"):
            file_of(student, "int8", bad)


def test_a_mode_is_known_by_what_the_student_was_trained_with():
    for qat in ("none", "int8", "int4"):
        assert trained_mode(student_of("structured", qat=qat)[0]) == qat


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("student/text_projection/mul", True),
        ("text_projection/mul", True),
        ("student/text_projection/Sign;student/head/logits/MatMul", True),
        ("student/head/logits/MatMul;student/text_projection/Sign", False),
        ("student/head/text_projection_logits/MatMul", False),
        ("student/my_text_projection/mul", False),
        ("", False),
    ],
)
def test_the_scope_is_the_projection_and_nothing_that_is_called_alike(name, inside):
    student, _ = student_of("text")
    student.projection._name = "text_projection"
    assert bool(projection_scope(student).match(name)) is inside
