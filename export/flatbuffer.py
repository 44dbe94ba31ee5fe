"""Rewriting a TFLite file to be small.

Writing goes through the object API of TFLite's generated schema, which comes with
`ai-edge-litert`; give it only files that a converter or this module wrote.
"""

from collections.abc import Callable, Iterable, Sequence
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
    _keep_used_buffers(tree)
    return pack(tree)


def shrink(model: bytes) -> bytes:
    """The same graph in fewer bytes.

    Drops the description, the converter's metadata and debug information, names of inner tensors
    (those of signature inputs and outputs become the signature's names), quantisation records that
    say nothing, and whatever nothing refers to; merges equal operator codes, constants and buffers.
    """
    tree = unpack(model)
    tree.description, tree.metadata, tree.metadataBuffer = None, [], None
    _keep_used_buffers(tree)
    _merge_operator_codes(tree)
    for number, graph in enumerate(tree.subgraphs):
        signatures = [s for s in tree.signatureDefs or [] if s.subgraphIndex == number]
        graph.name, graph.debugMetadataIndex = None, -1
        _strip_tensors(graph.tensors)
        _strip_operators(graph.operators)
        _merge_tensors(graph, signatures)
        for entry in _signature_entries(signatures):
            graph.tensors[entry.tensorIndex].name = entry.name
    return pack(tree)


def _keep_used_buffers(tree: Any) -> None:
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


def _merge_operator_codes(tree: Any) -> None:
    kept: list[Any] = []
    numbers: dict[tuple[Any, ...], int] = {}
    for graph in tree.subgraphs:
        for node in graph.operators or []:
            code = tree.operatorCodes[node.opcodeIndex]
            key = (code.builtinCode, code.deprecatedBuiltinCode, code.customCode, code.version)
            if key not in numbers:
                numbers[key] = len(kept)
                kept.append(code)
            node.opcodeIndex = numbers[key]
    tree.operatorCodes = kept


def _strip_tensors(tensors: Iterable[Any]) -> None:
    for tensor in tensors:
        tensor.name = None
        record = tensor.quantization
        if record is not None:
            record.min = record.max = None  # read by no runtime
            if record.scale is None and record.zeroPoint is None and record.details is None:
                tensor.quantization = None
        signature = tensor.shapeSignature
        if signature is not None and all(np.asarray(signature) >= 0):
            tensor.shapeSignature = None


def _strip_operators(nodes: Iterable[Any] | None) -> None:
    for node in nodes or []:
        node.debugMetadataIndex = -1
        for name in ("intermediates", "mutatingVariableInputs", "customOptions"):
            values = getattr(node, name)
            if values is not None and not len(values):
                setattr(node, name, None)


def _signature_entries(signatures: Sequence[Any]) -> list[Any]:
    return [entry for item in signatures for entry in [*(item.inputs or []), *(item.outputs or [])]]


def _merge_tensors(graph: Any, signatures: Sequence[Any]) -> None:
    """Drop tensors that nothing refers to, and let equal constants be one tensor."""
    fixed = {*map(int, graph.inputs), *map(int, graph.outputs)}
    fixed |= {entry.tensorIndex for entry in _signature_entries(signatures)}
    used = fixed | {int(i) for node in graph.operators or [] for i in _node_tensors(node) if i >= 0}
    kept: list[Any] = []
    numbers = {-1: -1}
    constants: dict[bytes, int] = {}
    for index in sorted(used):
        tensor = graph.tensors[index]
        key = None if index in fixed else _constant_key(tensor)
        if key is not None and key in constants:
            numbers[index] = constants[key]
            continue
        numbers[index] = len(kept)
        if key is not None:
            constants[key] = len(kept)
        kept.append(tensor)
    graph.tensors = kept
    _renumber_tensors(graph, signatures, numbers)


def _node_tensors(node: Any) -> list[int]:
    parts = (node.inputs, node.outputs, node.intermediates)
    return [int(index) for part in parts if part is not None for index in part]


def _constant_key(tensor: Any) -> bytes | None:
    """Bytes equal for equal constants; None for a tensor that may not be shared."""
    if not tensor.buffer or tensor.isVariable:
        return None
    builder = flatbuffers.Builder(64)
    builder.Finish(tensor.Pack(builder))
    return bytes(builder.Output())


def _renumber_tensors(graph: Any, signatures: Sequence[Any], numbers: dict[int, int]) -> None:
    def renumber(indices: Any) -> Any:
        if indices is None:
            return None
        return np.array([numbers[int(index)] for index in indices], np.int32)

    graph.inputs, graph.outputs = renumber(graph.inputs), renumber(graph.outputs)
    for node in graph.operators or []:
        node.inputs, node.outputs = renumber(node.inputs), renumber(node.outputs)
        node.intermediates = renumber(node.intermediates)
    for entry in _signature_entries(signatures):
        entry.tensorIndex = numbers[entry.tensorIndex]
