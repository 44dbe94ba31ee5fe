"""Counting what is in a TFLite file: operators, and bytes by part."""

import zlib
from collections import Counter

from .reader import Model, read_model


def operators(model: bytes) -> dict[str, int]:
    """How many nodes of each operator a model has, most frequent first."""
    return count_operators(read_model(model))


def count_operators(model: Model) -> dict[str, int]:
    """`operators` of a model that was read already."""
    counts = Counter(node.name for graph in model.subgraphs for node in graph.operators)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def buffer_bytes(model: Model) -> dict[str, int]:
    """Bytes of the file by part: constants by tensor type, metadata, and `structure` (the rest).

    A buffer that several tensors or entries share counts once, under its first user.
    """
    sizes: Counter[str] = Counter()
    seen: set[int] = set()
    for tensor in (tensor for graph in model.subgraphs for tensor in graph.tensors):
        place = model.buffers[tensor.buffer]
        if place.size_bytes and place.offset not in seen:
            seen.add(place.offset)
            sizes[f"constants_{tensor.type.lower()}"] += place.size_bytes
    for place in model.metadata.values():
        if place.offset not in seen:
            seen.add(place.offset)
            sizes["metadata"] += place.size_bytes
    sizes["structure"] = model.size_bytes - sum(sizes.values())
    return dict(sizes)


def zipped_bytes(content: bytes) -> int:
    """Bytes of `content` deflated at level 9: what a download or an app package holds of it."""
    return len(zlib.compress(content, 9))
