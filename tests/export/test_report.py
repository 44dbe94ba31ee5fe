"""Report: multiply-accumulates and bytes by part, by hand."""

from pnet_tf._keras import keras
from pnet_tf.export.report import bytes_by_part, multiply_accumulates
from pnet_tf.heads.bits import dense_head
from pnet_tf.heads.sequence import sequence_head


def test_macs_of_dense_layers():
    assert multiply_accumulates(dense_head((720,), 10, units=(256,))) == 720 * 256 + 256 * 10


def test_macs_of_layers_at_every_token():
    head = sequence_head((4, 8), 3, embedding=5, channels=6, rank=2, positions=())
    assert multiply_accumulates(head) == 4 * 8 * 5 + 3 * 4 * 5 * 6 + 12 * 2 + 2 * 3


def test_macs_of_convolutions():
    x = keras.Input((6, 6, 2))
    y = keras.layers.DepthwiseConv2D(3, padding="same")(x)
    head = keras.Model(x, keras.layers.Conv2D(4, 1, strides=2)(y))
    assert multiply_accumulates(head) == 36 * 9 * 2 + 9 * 2 * 4


def test_parts_add_up_to_the_file():
    buffers = {"constants_int8": 500, "constants_int32": 100, "metadata": 80, "structure": 320}
    parts = bytes_by_part(buffers, projection_bytes=150, size_bytes=1000)
    assert parts == {"featuriser": 150, "head_weights": 450, "metadata": 80, "graph": 320}
