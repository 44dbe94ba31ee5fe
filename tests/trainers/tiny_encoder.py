"""Sentence encoders of a few bytes: ONNX is protocol buffers, written here field by field.

Field numbers are those of onnx.proto3. A token's vector is its row of a table, so that every
embedding is known by hand.
"""

import json
import struct
from pathlib import Path

TABLE = ((0.0, 0.0), (3.0, 0.0), (0.0, 4.0), (1.0, 1.0))
"""Vectors of the ids 0..3, which are [UNK], open, close and door."""
WORDS = ("[UNK]", "open", "close", "door")
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
INT64, FLOAT = 7, 1


def _number(value: int) -> bytes:
    """A varint."""
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def _field(number: int, value) -> bytes:
    """A field: a whole number, text, or bytes of an inner message."""
    if isinstance(value, int):
        return _number(number << 3) + _number(value)
    data = value.encode() if isinstance(value, str) else value
    return _number(number << 3 | 2) + _number(len(data)) + data


def _value(name, kind, shape) -> bytes:
    """A ValueInfoProto of a tensor with named dimensions."""
    dims = b"".join(_field(1, _field(2 if isinstance(d, str) else 1, d)) for d in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, dims)))


def _node(kind, inputs, output, attributes=b"") -> bytes:
    return b"".join(_field(1, name) for name in inputs) + (
        _field(2, output) + _field(4, kind) + attributes
    )


def model_bytes(table=TABLE, inputs=INPUTS, pooled=False, kind=INT64) -> bytes:
    """input_ids to rows of `table` as last_hidden_state; `pooled`: their sum over the tokens too,
    as sentence_embedding.
    """
    width = len(table[0])
    data = struct.pack(f"<{len(table) * width}f", *(x for row in table for x in row))
    tensor = _field(1, len(table)) + _field(1, width) + _field(2, FLOAT) + _field(8, "table")
    nodes = [_node("Gather", ("table", inputs[0]), "last_hidden_state")]
    outputs = [_value("last_hidden_state", FLOAT, ("texts", "tokens", width))]
    graph = _field(2, "tiny") + _field(5, tensor + _field(9, data))
    if pooled:
        keep = _field(1, "keepdims") + _field(3, 0) + _field(20, 2)
        axes = _field(1, 1) + _field(2, INT64) + _field(8, "axes") + _field(9, struct.pack("<q", 1))
        graph += _field(5, axes)
        nodes.append(_node("ReduceSum", ("last_hidden_state", "axes"), "sentence_embedding",
                           _field(5, keep)))  # fmt: skip
        outputs.append(_value("sentence_embedding", FLOAT, ("texts", width)))
    graph += b"".join(_field(1, node) for node in nodes)
    graph += b"".join(_field(11, _value(name, kind, ("texts", "tokens"))) for name in inputs)
    graph += b"".join(_field(12, output) for output in outputs)
    return _field(1, 8) + _field(8, _field(1, "") + _field(2, 13)) + _field(7, graph)


def tokenizer_text(words=WORDS) -> str:
    """A tokenizer.json that splits at spaces and knows `words`."""
    return json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
        "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "unk_token": "[UNK]",
                  "vocab": {word: place for place, word in enumerate(words)}},
    })  # fmt: skip


def write_encoder(folder: Path, place="model.onnx", **changes) -> Path:
    """An encoder's folder, model at `place`; `changes` are those of `model_bytes`."""
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    (folder / place).write_bytes(model_bytes(**changes))
    (folder / "tokenizer.json").write_text(tokenizer_text(), encoding="utf-8")
    return folder
