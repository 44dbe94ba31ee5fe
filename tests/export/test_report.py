"""Report: multiply-accumulates of a graph and bytes by part, by hand."""

import math
import re

import pytest

from pnet_tf._keras import keras
from pnet_tf.data import InputSpec
from pnet_tf.export.freeze import Job
from pnet_tf.export.quantize import convert
from pnet_tf.export.report import bytes_by_part, multiply_accumulates, projection_bytes
from pnet_tf.export.student import projection_scope
from pnet_tf.heads.bits import dense_head
from pnet_tf.heads.local import local_head
from pnet_tf.heads.sequence import sequence_head
from pnet_tf.tflite.reader import Operator, Subgraph, Tensor, read_model
from tests.export.quantized_heads import file_of, samples_of, student_of

NOTHING = re.compile(r"(?!)")


def graph_of(model, spec, mode="none"):
    """The graph that the converter makes of a model of numbers."""
    job = Job(model, spec, "regression", int(model.output_shape[-1]))
    return read_model(convert(job, mode)).subgraphs[0]


def reshaped(head, shape):
    """`head` as a model of flat features."""
    x = keras.Input((math.prod(shape),))
    return keras.Model(x, head(keras.layers.Reshape(shape)(x)))


@pytest.mark.parametrize("mode", ["none", "dynamic", "int4"])
def test_macs_of_dense_layers(mode):
    graph = graph_of(dense_head((720,), 10, units=(256,)), InputSpec("dense", (720,)), mode)
    assert multiply_accumulates(graph, NOTHING) == 720 * 256 + 256 * 10


def test_macs_of_layers_at_every_token():
    head = sequence_head((4, 8), 3, embedding=5, channels=6, rank=2, positions=())
    graph = graph_of(reshaped(head, (4, 8)), InputSpec("dense", (32,)))
    assert multiply_accumulates(graph, NOTHING) == 4 * 8 * 5 + 3 * 4 * 5 * 6 + 12 * 2 + 2 * 3


def test_macs_of_convolutions():
    x = keras.Input((6, 6, 2))
    y = keras.layers.DepthwiseConv2D(3, padding="same")(x)
    y = keras.layers.Conv2D(4, 1, strides=2)(y)
    head = keras.Model(x, keras.layers.Flatten()(y))
    graph = graph_of(reshaped(head, (6, 6, 2)), InputSpec("dense", (72,)))
    assert multiply_accumulates(graph, NOTHING) == 36 * 9 * 2 + 9 * 2 * 4


def test_macs_of_a_local_head():
    """A layer of the bits, its projection (a filter a channel) and a second layer, the classes."""
    head = local_head((6, 6, 4), 3, channels=(8, 5), strides=(1, 2))
    graph = graph_of(reshaped(head, (6, 6, 4)), InputSpec("dense", (144,)))
    expected = 36 * 4 * 8 + 9 * (9 * 8) + 9 * 8 * 5 + 5 * 3
    assert multiply_accumulates(graph, NOTHING) == expected


def graph_by_hand(*layers):
    """Nodes (operator, name, output shape, weights' shape), each with a constant of its own."""
    tensors, nodes = [], []
    for operator, name, shape, weights in layers:
        start = len(tensors)
        for title, sides in (("x", (1, 1)), ("w", weights), (name, shape)):
            tensors.append(Tensor(title, "FLOAT32", sides, 0, 0, False, False, False))
        nodes.append(Operator(operator, 1, (start, start + 1, -1), (start + 2,)))
    return Subgraph(tuple(tensors), (), (), tuple(nodes))


def test_macs_by_hand_without_a_converter():
    graph = graph_by_hand(
        ("FULLY_CONNECTED", "s/head/hidden/MatMul", (1, 20), (20, 30)),  # 600
        ("FULLY_CONNECTED", "s/head/embed/MatMul", (1, 4, 5), (5, 8)),  # 40 at each of 4 tokens
        ("CONV_2D", "s/head/block/Conv2D", (1, 6, 7, 8), (8, 3, 3, 2)),  # 144 at 42 positions
        ("DEPTHWISE_CONV_2D", "s/head/filters", (1, 6, 7, 8), (1, 3, 3, 8)),  # 72 at 42 positions
        ("ADD", "s/head/sum/add", (1, 6, 7, 8), (8,)),  # multiplies nothing
        ("FULLY_CONNECTED", "s/projection/MatMul", (1, 90), (90, 90)),
    )
    head = 600 + 160 + 42 * 144 + 42 * 72
    assert multiply_accumulates(graph, NOTHING) == head + 8100
    assert multiply_accumulates(graph, re.compile("s/projection/")) == head


def test_the_projection_of_a_student_does_not_count():
    student, config = student_of("local")
    samples = samples_of(config, 8)
    model = file_of(student, "none", samples)
    graph, scope = read_model(model).subgraphs[0], projection_scope(student)
    all_of_it = multiply_accumulates(graph, NOTHING)
    # 12x12 grey pixels, 4 filters of 3x3
    assert all_of_it - multiply_accumulates(graph, scope) == 144 * 9 * 4
    # a float filter of 9 values and a threshold, for each of 4
    assert projection_bytes(model, scope) == 4 * (9 + 1) * 4
    assert projection_bytes(model, NOTHING) == 0


def test_parts_add_up_to_the_file():
    buffers = {"constants_int8": 500, "constants_int32": 100, "metadata": 80, "structure": 320}
    parts = bytes_by_part(buffers, projection_bytes=150, size_bytes=1000)
    assert parts == {"featuriser": 150, "head_weights": 450, "metadata": 80, "graph": 320}
