"""Bytes of packed files beside zip, brotli, zstd and xz, and of their weights beside nncodec.

    python benchmarks/packing_sizes.py FILE.tflite [FILE...]

Each at its strongest: zip -9, brotli -11, zstd -19, xz -9e. Weights alone are also coded by nncodec
(ISO/IEC 15938-17, DeepCABAC), as the integers that they are, without loss, where it is installed;
`order 0` is the entropy of their frequencies, which no code without memory passes. Wants the extra
`benchmark`.
"""

import lzma
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import brotli
import click
import numpy as np
import zstandard

from pnet_tf.coded.frequencies import entropy_bits
from pnet_tf.packing.container import pack
from pnet_tf.packing.decoder import unpack
from pnet_tf.packing.encoder import encode
from pnet_tf.packing.models import NIBBLES, TOKENS
from pnet_tf.packing.parts import Part, parts_of

PEERS = {
    "zip": lambda content: zlib.compress(content, 9),
    "brotli": lambda content: brotli.compress(content, quality=11),
    "zstd": lambda content: zstandard.ZstdCompressor(level=19).compress(content),
    "xz": lambda content: lzma.compress(content, preset=9 | lzma.PRESET_EXTREME),
}


def weights_of(content: bytes) -> Iterator[tuple[Part, bytes]]:
    """The parts of a file that are weights."""
    at = 0
    for part in parts_of(content):
        if part.kind != TOKENS:
            yield part, content[at : at + part.size]
        at += part.size


def integers(part: Part, data: bytes) -> np.ndarray:
    """The weights of a part as they are stored, int32 [N]."""
    if part.kind != NIBBLES:
        return np.frombuffer(data, np.int8).astype(np.int32)
    pairs = np.frombuffer(data, np.uint8)
    nibbles = np.stack([pairs & 15, pairs >> 4], 1).ravel()
    return (nibbles ^ 8).astype(np.int32) - 8


def entropy_bytes(values: np.ndarray) -> float:
    """N times the entropy of their frequencies, in bytes."""
    return entropy_bits(np.unique(values, return_counts=True)[1]) / 8


def nncodec_bytes(values: np.ndarray) -> int | None:
    """Coded by nncodec, decoded again and compared; None where it is not installed."""
    try:
        from nncodec import tensor
    except ImportError:
        return None
    rows = values.reshape(-1, 64) if len(values) % 64 == 0 else values.reshape(1, -1)
    with tempfile.TemporaryDirectory() as folder:
        coded = tensor.encode(rows, {"results": folder})
        if not np.array_equal(tensor.decode(coded), rows):
            raise SystemExit("nncodec lost something")
    return len(coded)


def row(path: Path) -> str:
    """A row of the first table."""
    content = path.read_bytes()
    packed = pack(content)
    if unpack(packed) != content:
        raise SystemExit(f"{path} does not come back")
    cells = []
    for compress in PEERS.values():
        peer = len(compress(content))
        cells.append(f"{peer:,} ({len(packed) / peer - 1:+.1%})")
    return f"| {path.stem} | {len(content):,} | {len(packed):,} | {' | '.join(cells)} |"


def weight_row(path: Path) -> str:
    """A row of the second table."""
    found = list(weights_of(path.read_bytes()))
    parts, data = [part for part, _ in found], b"".join(piece for _, piece in found)
    values = [integers(part, piece) for part, piece in found]
    coded = [nncodec_bytes(each) for each in values]
    known = [size for size in coded if size is not None]
    peer = f"{sum(known):,}" if known else "-"
    bound = sum(entropy_bytes(each) for each in values)
    ours = len(encode(data, parts, b"")) if data else 0
    return f"| {path.stem} | {sum(map(len, values)):,} | {ours:,} | {peer} | {bound:,.0f} |"


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def main(paths: tuple[Path, ...]) -> None:
    """Measure PATHS."""
    print(f"| file | bytes | packed | {' | '.join(PEERS)} |")
    print("|---" * (3 + len(PEERS)) + "|")
    for path in paths:
        print(row(path), flush=True)
    print("\n| weights of | number | packed | nncodec | order 0 |\n|---|---|---|---|---|")
    for path in paths:
        print(weight_row(path), flush=True)


if __name__ == "__main__":
    main()
