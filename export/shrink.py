"""Rewriting a TFLite file to be small."""

from collections.abc import Iterable, Sequence
from typing import Any

import flatbuffers
import numpy as np

from ..tflite.flatbuffer import keep_used_buffers, pack, unpack


def shrink(model: bytes) -> bytes:
    """The same graph in fewer bytes.

    Drops the description, the converter's metadata and debug information, names of inner tensors
    (those of signature inputs and outputs become the signature's names), quantisation records that
    say nothing, and whatever nothing refers to; merges equal operator codes, constants and buffers.
    """
    tree = unpack(model)
    tree.description, tree.metadata, tree.metadataBuffer = None, [], None
    keep_used_buffers(tree)
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
