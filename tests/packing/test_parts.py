"""Which bytes are weights, and of which kind."""

from pathlib import Path

import numpy as np
import pytest

from pnet_tf.packing import parts
from pnet_tf.packing.container import pack
from pnet_tf.packing.decoder import decode
from pnet_tf.packing.encoder import encode
from pnet_tf.packing.models import BYTES, NIBBLES, TOKENS
from pnet_tf.packing.parts import Part, _kind, parts_of, weight_spans

RECORDED = Path(__file__).resolve().parents[1] / "recorded"


def normal(scale, size=4000):
    return np.random.default_rng(0).normal(0, scale, size).round().astype(np.int8).view(np.uint8)


@pytest.mark.parametrize("name", ["text", "image"])
def test_the_weights_of_a_model(name):
    content = (RECORDED / f"{name}.tflite").read_bytes()
    spans = list(weight_spans(content))
    assert spans == sorted(spans) and all(end - begin >= 256 for begin, end, _ in spans)
    assert [type_ for _, _, type_ in spans] == ["INT8"] * {"text": 2, "image": 4}[name]
    # so few of them, and so alike, that matches write them in fewer bytes
    assert parts_of(content) == [Part(TOKENS, len(content))]


def test_weights_apart_and_none_twice(monkeypatch):
    content = b"a" * 100 + normal(2).tobytes() + b"b" * 16 + normal(2)[::-1].tobytes()
    spans = [(100, 4100, "INT8"), (1000, 3000, "INT8"), (4116, 8116, "INT8")]
    monkeypatch.setattr(parts, "weight_spans", lambda content: iter(spans))
    weights, between = Part(BYTES, 4000), Part(TOKENS, 16)
    assert parts_of(content) == [Part(TOKENS, 100), weights, between, weights]
    assert parts_of(content + b"c") == [Part(TOKENS, 100), weights, between, weights, Part(0, 1)]
    assert decode(encode(content, parts_of(content), b""), b"", len(content)) == content


@pytest.mark.parametrize("content", [b"a", b"TFL3", b"\x08\0\0\0TFL3" + bytes(60)])
def test_any_other_file_is_one_part(content):
    assert parts_of(content) == [Part(TOKENS, len(content))]


def test_the_kind_that_takes_the_fewest_bits():
    few = normal(2)
    nibbles = (normal(1.5) & 15) | (normal(1.5)[::-1] & 15) << 4
    assert _kind(nibbles, "INT4") == NIBBLES
    assert _kind(nibbles, "INT8") != NIBBLES
    assert _kind(few, "INT8") == BYTES
    assert BYTES < _kind(normal(30, 300), "INT8") <= BYTES + 4
    assert _kind(np.tile(few[:64], 30), "INT8") == TOKENS


def test_what_repeats_is_said_once():
    assert len(pack(bytes(5000))) < 40
    assert len(pack(b"how are you? " * 300)) < 60
