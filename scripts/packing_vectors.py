"""Make tests/packing/vectors.json: containers that every reader must read alike, and damaged ones.

    python scripts/packing_vectors.py [--out tests/packing/vectors.json]

The tests of Python, Kotlin and JavaScript read it. Containers outlive the encoder that wrote
them: a better encoder needs no new vectors, only another `VERSION` does.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from pnet_tf.errors import InputError
from pnet_tf.files import atomic_write_text
from pnet_tf.packing.container import pack
from pnet_tf.packing.decoder import MOST_BYTES, dictionary
from pnet_tf.packing.encoder import Encoder, encode
from pnet_tf.packing.models import (
    BYTES,
    MOST_SHARED,
    NIBBLES,
    NUMBER_ODDS,
    TOKENS,
    Content,
    Odds,
    number,
)
from pnet_tf.packing.parts import Part

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "tests" / "packing" / "vectors.json"
KINDS = (TOKENS, NIBBLES, *range(BYTES, BYTES + MOST_SHARED + 1))
WORDS = ("are", "you", "coming", "to", "lunch", "see", "there", "thanks", "so", "much", "no", "way",
         "call", "me", "back", "when", "it", "starts", "happy", "birthday")  # fmt: skip
ENDS = b"\x00\x8a", b"\xf1\x9d\x13\xb5"
"""Bytes whose payloads want all of the four zeros after the end; the second one ends in a fifth."""
Token = tuple[int, int, int]


def sealed(content: bytes, payload: bytes, size: int | None = None, version: int = 1) -> bytes:
    """A container whose checksum is right and whose hash is that of `content`."""
    body = hashlib.sha256(content).digest()[:16] + payload
    size = len(content) if size is None else size
    return struct.pack("<3sBII", b"PTZ", version, size, zlib.crc32(body)) + body


def contents() -> Iterator[tuple[str, bytes]]:
    """Names and contents that `pack` is given."""
    rng = random.Random(1)
    yield "one byte", b"\x07"
    yield "zeros", bytes(5000)
    yield "random", rng.randbytes(700)
    yield "text", " ".join(rng.choices(WORDS, k=400)).encode()
    for name in ("text", "image"):
        yield f"{name}.tflite", (ROOT / "tests" / "recorded" / f"{name}.tflite").read_bytes()


def weights(rng: random.Random, size: int) -> bytes:
    """Bytes as of int8 weights: mostly near 0, more than WEIGHT_LIMIT for a part of them all."""
    return bytes(sum(rng.randrange(-12, 13) for _ in range(4)) & 255 for _ in range(size))


def of_every_kind() -> tuple[bytes, list[Part]]:
    """A content in parts of every kind, each of them twice."""
    rng = random.Random(2)
    parts = [Part(kind, 1300 if kind else 90) for kind in KINDS] + [Part(k, 200) for k in KINDS]
    given = [weights(rng, part.size) if part.kind else rng.choice(WORDS).encode() * part.size
             for part in parts]  # fmt: skip
    return b"".join(one[: part.size] for one, part in zip(given, parts, strict=True)), parts


def walk(tokens: int) -> tuple[bytes, bytes]:
    """A content and its payload, made of tokens at random: all that tokens can be."""
    rng = random.Random(3)
    content = Content(dictionary(), 1 << 20)
    chosen: list[Token] = []
    learned = Encoder()
    for _ in range(tokens):
        chosen.append(_token(rng, content))
        content.token(learned, *chosen[-1])
    made = bytes(content.out[content.start :])
    return made, payload(len(made), TOKENS, len(made), chosen)


def _token(rng: random.Random, content: Content) -> Token:
    if rng.random() < 0.5:
        return 0, 0, rng.choice((rng.randrange(256), content.out[-content.reps[0]]))
    length = rng.choice((1, 2, 3, 3, 4, 7, rng.randrange(1, 80)))
    distance = rng.choice((rng.choice(content.reps), rng.randrange(1, 300),
                           rng.randrange(1, len(content.out) + 1)))  # fmt: skip
    return length if distance in content.reps else max(length, 3), distance, 0


def payload(whole: int, kind: int, size: int, tokens: list[Token], more: int = 0) -> bytes:
    """A part of a content of `whole` bytes, as far as it can be written, `more` zeros after it."""
    coder, content = Encoder(), Content(dictionary(), whole)
    number(coder, Odds(NUMBER_ODDS), kind)
    number(coder, Odds(NUMBER_ODDS), size)
    try:
        for token in tokens:
            content.token(coder, *token)
    except InputError:  # the last one of them, which is written
        pass
    return coder.finish() + bytes(more)


def vectors() -> Iterator[tuple[str, bytes, bytes]]:
    """Name, content and container."""
    for name, content in contents():
        yield name, content, pack(content)
    content, parts = of_every_kind()
    yield "every kind", content, sealed(content, encode(content, parts, dictionary()))
    for content in ENDS:
        written = encode(content, [Part(BYTES, len(content))], b"")
        yield f"an end in zeros, {len(written)} bytes", content, sealed(content, written)
    content, written = walk(900)
    yield "every token", content, sealed(content, written)


def damaged() -> Iterator[tuple[str, bytes, str]]:
    """Name, what is no container, and what a reader says of it."""
    content = b"how are you? how are you?"
    whole = pack(content)
    yield "nothing", b"", "begin with PTZ"
    yield "another beginning", b"PTX" + whole[3:], "begin with PTZ"
    yield "27 bytes", whole[:27], "cut off within its first bytes"
    yield "version 2", whole[:3] + b"\x02" + whole[4:], "version 2"
    yield "checksum", whole[:-1] + bytes([whole[-1] ^ 1]), "checksum is another"
    for size in (0, MOST_BYTES + 1, 2**32 - 1):
        yield f"{size} bytes", sealed(content, whole[28:], size), "are allowed"
    yield "hash", sealed(b"x", whole[28:], len(content)), "has another hash"
    yield "no payload", sealed(content, b""), "ends before its content does"
    yield "cut payload", sealed(content, whole[28:-6]), "ends before its content does"
    payload_of_zeros = encode(ENDS[1], [Part(BYTES, len(ENDS[1]))], b"").rstrip(b"\0")
    yield "a fifth zero", sealed(ENDS[1], payload_of_zeros), "ends before its content does"
    yield "longer content", sealed(content, whole[28:], MOST_BYTES), "ends before its content does"
    parts = {"kind 7": (7, 5), "kind 4294967294": (2**32 - 2, 5), "no bytes": (0, 0),
             "a byte too many": (0, 26), "4294967294 bytes": (0, 2**32 - 2)}  # fmt: skip
    for name, (kind, size) in parts.items():
        written = payload(25, kind, size, [], 40)
        yield f"part: {name}", sealed(content, written), "a part that does not fit"
    written = payload(25, TOKENS, 4, [(0, 0, 65), (5, 1, 0)], 40)
    yield "a match beyond its part", sealed(content, written), "a part that does not fit"
    begin = len(dictionary())
    for length, distance in ((25, 1), (2**32 - 1, 1), (3, begin + 2), (3, 2**32 - 1), (9, 2**31)):
        written = payload(25, TOKENS, 25, [(0, 0, 65), (length, distance, 0)], 40)
        yield f"{length} bytes from {distance}", sealed(content, written), "from where nothing is"


def main() -> None:
    """Make, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    right = [{"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
              "packed": base64.b64encode(packed).decode()}
             for name, content, packed in vectors()]  # fmt: skip
    wrong = [{"name": name, "says": says, "packed": base64.b64encode(packed).decode()}
             for name, packed, says in damaged()]  # fmt: skip
    text = json.dumps({"right": right, "wrong": wrong}, indent=1)
    atomic_write_text(args.out, f"{text}\n")
    print(f"{args.out.name}: {len(right)} containers, {len(wrong)} damaged ones")


if __name__ == "__main__":
    main()
