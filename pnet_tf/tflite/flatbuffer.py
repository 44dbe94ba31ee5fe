"""Writing TFLite files: objects of the schema to bytes, and a metadata entry.

Writing goes through the object API of TFLite's generated schema, which comes with
`ai-edge-litert`; give it only files that a converter or this module wrote.
"""

from collections.abc import Callable
from typing import Any

import flatbuffers
import numpy as np

from ..errors import InputError
from .reader import IDENTIFIER

BUFFER_ALIGNMENT_BYTES = 16  # `force_align: 16` on Buffer.data in TFLite's schema.fbs


class _Builder(flatbuffers.Builder):
    """Shares equal vectors and strings, and aligns byte vectors as the schema asks.

    The generated `Pack` methods ignore `force_align`; the only byte vectors of a model are buffers
    and options of custom operators, so that aligning all of them is right and costs little.
    """

    head: Any

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._shared: dict[tuple[str, bytes], int] = {}

    def CreateString(self, s: str | bytes, *args: Any) -> int:  # noqa: N802, D102
        text = s.encode() if isinstance(s, str) else bytes(s)
        return self._once("text", text, lambda: super(_Builder, self).CreateString(text))

    def CreateNumpyVector(self, x: np.ndarray) -> int:  # noqa: N802, D102
        if x.dtype == np.uint8:
            return self._once("uint8", x.tobytes(), lambda: self._aligned_bytes(x.tobytes()))
        create = super().CreateNumpyVector
        return self._once(x.dtype.str, x.tobytes(), lambda: create(x))

    def _once(self, kind: str, content: bytes, create: Callable[[], int]) -> int:
        if (kind, content) not in self._shared:
            self._shared[kind, content] = create()
        return self._shared[kind, content]

    def _aligned_bytes(self, data: bytes) -> int:
        self.StartVector(1, len(data), BUFFER_ALIGNMENT_BYTES)
        start = self.head - len(data)
        self.head = start
        self.Bytes[start : start + len(data)] = data
        self.vectorNumElems = len(data)
        return self.EndVector()


def unpack(model: bytes) -> Any:
    """`ModelT` of the generated schema; `model` must come from a converter, not from outside."""
    from ai_edge_litert import schema_py_generated as schema

    if model[4:8] != IDENTIFIER:
        raise InputError(f"not a TFLite file: bytes 4..8 are {model[4:8]!r}, not {IDENTIFIER!r}")
    return schema.ModelT.InitFromPackedBuf(bytearray(model), 0)


def pack(model: Any) -> bytes:
    """Bytes of a `ModelT`, deterministic, buffers aligned to 16 bytes."""
    builder = _Builder(1024)
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def set_metadata_entry(model: bytes, name: str, content: bytes) -> bytes:
    """`model` with one metadata entry of that name, replacing any it had."""
    from ai_edge_litert import schema_py_generated as schema

    tree = unpack(model)
    tree.metadata = [entry for entry in tree.metadata or [] if entry.name != name.encode()]
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(content, np.uint8)
    tree.buffers.append(buffer)
    entry.name, entry.buffer = name, len(tree.buffers) - 1
    tree.metadata.append(entry)
    keep_used_buffers(tree)
    return pack(tree)


def keep_used_buffers(tree: Any) -> None:
    """Renumber buffers: 0 is the empty one, equal contents share one, unused ones go."""
    from ai_edge_litert import schema_py_generated as schema

    kept, numbers = [schema.BufferT()], {b"": 0}

    def renumber(old: int) -> int:
        data = tree.buffers[old].data
        content = b"" if data is None else bytes(bytearray(data))
        if content not in numbers:
            numbers[content] = len(kept)
            kept.append(tree.buffers[old])
        return numbers[content]

    for graph in tree.subgraphs:
        for tensor in graph.tensors:
            tensor.buffer = renumber(tensor.buffer)
    for entry in tree.metadata or []:
        entry.buffer = renumber(entry.buffer)
    tree.buffers = kept
