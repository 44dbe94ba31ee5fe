"""A bounds-checked, pure Python reader of the parts of a TFLite flatbuffer that pnet_tf looks at.

It reads untrusted bytes: any damage ends in `InputError`, every list is bounded by the size of the
file, and offsets that share their target many times over (which a valid flatbuffer may do) meet a
budget. Field numbers are those of TFLite's schema.fbs, version 3.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import InputError
from .schema_names import operator_name, tensor_type_bytes, tensor_type_name

IDENTIFIER = b"TFL3"
MAX_READS = 500_000


@dataclass(frozen=True)
class Buffer:
    """Where a buffer's data lies in the file; `size_bytes` is 0 for tensors that are computed."""

    offset: int
    size_bytes: int


@dataclass(frozen=True)
class Tensor:
    """One tensor of a subgraph; `scales` counts quantisation scales: 0 none, 1 per tensor."""

    name: str
    type: str
    shape: tuple[int, ...]
    buffer: int
    scales: int
    blockwise: bool
    sparse: bool
    variable: bool

    @property
    def size_bytes(self) -> int:
        """Bytes that the dense tensor takes in memory; unknown dimensions count as 1."""
        elements = 1
        for dimension in self.shape:
            elements *= max(dimension, 0) if dimension != -1 else 1
        return tensor_type_bytes(self.type, elements)


@dataclass(frozen=True)
class Operator:
    """One node: operator name (`CUSTOM:name` for a custom one), version, tensor indices."""

    name: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Subgraph:
    """Tensors and nodes in order of execution."""

    tensors: tuple[Tensor, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[Operator, ...]


@dataclass(frozen=True)
class Signature:
    """Names of a signature's inputs and outputs, mapped to tensor indices of its subgraph."""

    key: str
    subgraph: int
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]


@dataclass(frozen=True)
class Model:
    """A whole model file of `size_bytes`."""

    size_bytes: int
    subgraphs: tuple[Subgraph, ...]
    buffers: tuple[Buffer, ...]
    metadata: Mapping[str, Buffer]
    signatures: tuple[Signature, ...]


class _Table:
    """A flatbuffer table at `position`; every read is checked against the buffer's end."""

    def __init__(self, source: "_Source", position: int) -> None:
        self.source, self.position = source, position
        self.vtable = position - source.scalar("<i", position)
        self.vtable_bytes = source.scalar("<H", self.vtable)

    def slot(self, field: int) -> int:
        """Absolute position of a field's value, or 0 when the field is absent."""
        entry = 4 + 2 * field
        if entry + 2 > self.vtable_bytes:
            return 0
        offset = self.source.scalar("<H", self.vtable + entry)
        return self.position + offset if offset else 0

    def number(self, field: int, form: str, default: int = 0) -> int:
        slot = self.slot(field)
        return self.source.scalar(form, slot) if slot else default

    def vector(self, field: int, item_bytes: int) -> Buffer:
        """Position and item count (as `size_bytes / item_bytes`) of a vector field."""
        slot = self.slot(field)
        if not slot:
            return Buffer(0, 0)
        start = slot + self.source.scalar("<I", slot)
        size = self.source.scalar("<I", start) * item_bytes
        self.source.check(start + 4, size)
        return Buffer(start + 4, size)

    def integers(self, field: int) -> tuple[int, ...]:
        where = self.vector(field, 4)
        self.source.spend(where.size_bytes // 4)
        return struct.unpack_from(f"<{where.size_bytes // 4}i", self.source.data, where.offset)

    def text(self, field: int) -> str:
        where = self.vector(field, 1)
        self.source.spend(1 + where.size_bytes // 8)
        data = self.source.data[where.offset : where.offset + where.size_bytes]
        return data.decode("utf-8", "replace")

    def child(self, field: int) -> "_Table | None":
        slot = self.slot(field)
        return _Table(self.source, slot + self.source.scalar("<I", slot)) if slot else None

    def children(self, field: int) -> "Iterator[_Table]":
        where = self.vector(field, 4)
        for slot in range(where.offset, where.offset + where.size_bytes, 4):
            yield _Table(self.source, slot + self.source.scalar("<I", slot))


class _Source:
    def __init__(self, data: bytes) -> None:
        self.data, self.left = data, MAX_READS

    def spend(self, reads: int) -> None:
        self.left -= reads
        if self.left < 0:
            raise InputError(f"damaged TFLite file: more than {MAX_READS} items to read")

    def check(self, position: int, size: int) -> None:
        if position < 0 or position + size > len(self.data):
            raise InputError(
                f"damaged or truncated TFLite file: an offset leads to byte {position + size}"
                f" of {len(self.data)}"
            )

    def scalar(self, form: str, position: int) -> int:
        self.spend(1)
        self.check(position, struct.calcsize(form))
        return struct.unpack_from(form, self.data, position)[0]


def _root(data: bytes) -> _Table:
    if len(data) < 8 or data[4:8] != IDENTIFIER:
        raise InputError(
            f"not a TFLite file: {len(data)} bytes, at 4 {data[4:8]!r} instead of {IDENTIFIER!r}"
        )
    source = _Source(data)
    root = _Table(source, source.scalar("<I", 0))
    version = root.number(0, "<I")
    if version != 3:
        raise InputError(f"damaged TFLite file: schema version {version}, not 3")
    return root


def read_metadata_buffers(data: bytes) -> dict[str, Buffer]:
    """Name and place of every metadata entry, reading nothing else of the model."""
    root = _root(data)
    return _metadata(root, _buffers(root))


def read_model(data: bytes) -> Model:
    """Structure of a whole model; indices are checked, tensor data is not looked at."""
    root = _root(data)
    buffers = _buffers(root)
    codes = [_operator_code(table) for table in root.children(1)]
    subgraphs = tuple(_subgraph(table, codes, len(buffers)) for table in root.children(2))
    signatures = tuple(_signature(table, subgraphs) for table in root.children(7))
    return Model(len(data), subgraphs, buffers, _metadata(root, buffers), signatures)


def _buffers(root: _Table) -> tuple[Buffer, ...]:
    return tuple(_buffer(table) for table in root.children(4))


def _buffer(table: _Table) -> Buffer:
    if table.number(1, "<Q") or table.number(2, "<Q"):
        raise InputError("damaged TFLite file: a buffer lies outside the flatbuffer")
    return table.vector(0, 1)


def _metadata(root: _Table, buffers: tuple[Buffer, ...]) -> dict[str, Buffer]:
    entries = {}
    for table in root.children(6):
        index = _index("metadata buffer", table.number(1, "<I"), len(buffers))
        entries[table.text(0)] = buffers[index]
    return entries


def _operator_code(table: _Table) -> tuple[str, int]:
    """Name and version; the wider field of newer files wins (schema.fbs, OperatorCode)."""
    code = max(table.number(0, "<b"), table.number(3, "<i"))
    name = operator_name(code)
    return (f"CUSTOM:{table.text(1)}" if name == "CUSTOM" else name, table.number(2, "<i", 1))


def _subgraph(table: _Table, codes: list[tuple[str, int]], buffers: int) -> Subgraph:
    tensors = tuple(_tensor(item, buffers) for item in table.children(0))
    inputs, outputs = (_tensor_indices(table.integers(field), len(tensors)) for field in (1, 2))
    operators = tuple(_operator(item, codes, len(tensors)) for item in table.children(3))
    return Subgraph(tensors, inputs, outputs, operators)


def _tensor(table: _Table, buffers: int) -> Tensor:
    quantization = table.child(4)
    return Tensor(
        name=table.text(3),
        type=tensor_type_name(table.number(1, "<b")),
        shape=table.integers(0),
        buffer=_index("buffer", table.number(2, "<I"), buffers),
        scales=quantization.vector(2, 4).size_bytes // 4 if quantization else 0,
        blockwise=bool(quantization and quantization.number(4, "<B") > 1),
        sparse=table.child(6) is not None,
        variable=bool(table.number(5, "<B")),
    )


def _operator(table: _Table, codes: list[tuple[str, int]], tensors: int) -> Operator:
    name, version = codes[_index("operator code", table.number(0, "<I"), len(codes))]
    inputs = _tensor_indices(table.integers(1), tensors)
    return Operator(name, version, inputs, _tensor_indices(table.integers(2), tensors))


def _signature(table: _Table, subgraphs: tuple[Subgraph, ...]) -> Signature:
    subgraph = _index("subgraph", table.number(4, "<I"), len(subgraphs))
    tensors = len(subgraphs[subgraph].tensors)
    return Signature(
        table.text(2), subgraph, _tensor_map(table, 0, tensors), _tensor_map(table, 1, tensors)
    )


def _tensor_map(table: _Table, field: int, tensors: int) -> dict[str, int]:
    """Name -> tensor index; a name may come once."""
    found: dict[str, int] = {}
    for item in table.children(field):
        name = item.text(0)
        if name in found:
            raise InputError(f"damaged TFLite file: the signature has two tensors {name!r}")
        found[name] = _index("tensor", item.number(1, "<I"), tensors)
    return found


def _tensor_indices(indices: tuple[int, ...], tensors: int) -> tuple[int, ...]:
    """Checked tensor indices; -1 stands for an optional input that is left out."""
    for index in indices:
        if index != -1:
            _index("tensor", index, tensors)
    return indices


def _index(what: str, index: int, count: int) -> int:
    if not 0 <= index < count:
        raise InputError(f"damaged TFLite file: {what} {index} of {count}")
    return index
