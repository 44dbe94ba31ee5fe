"""Make pnet_tf/packing/dictionary.bin: what files of the recipes have in common besides weights.

    python scripts/packing_dictionary.py [--out pnet_tf/packing/dictionary.bin]

Untrained students of each recipe are exported; of each file stays what no other before it
has. Another dictionary makes containers that earlier readers refuse: raise `VERSION` in
container.py with it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import pnet_tf
from pnet_tf.files import atomic_write_bytes
from pnet_tf.packing.models import TOKENS
from pnet_tf.packing.parse import parse
from pnet_tf.packing.parts import Part, weight_spans

ROOT = Path(__file__).resolve().parents[1]
COMMON = 16
"""A stretch of so many bytes that is there already is left out."""
LABELS = {"yes": ("Yes", "Sure"), "no": ("No", "Sorry"), "thanks": ("Thanks!",), "none": ()}
ROLES = {"yes": "affirmative", "no": "negative", "none": "silent"}
TEXTS = ("are you coming tonight?", "thank you so much", "when does it start", "ok", "what is this",
         "see you there", "can you call me back", "no way")  # fmt: skip
IMAGES = {"image": (28, 28, 1), "image-tiny": (28, 28, 1), "image-photo": (32, 32, 3)}


def exported(recipe: str, shape: tuple[int, ...] | None) -> list[bytes]:
    """Files of one recipe, the last one with replies where it reads texts."""
    samples, targets = list(TEXTS), np.arange(len(TEXTS)) % len(LABELS)
    if shape is not None:
        rng = np.random.default_rng(0)
        samples = rng.integers(0, 256, (8, *shape)).astype(np.uint8)
    names = [list(LABELS)[k] for k in targets]
    data = pnet_tf.make_dataset(samples, names, valid=(samples, names), labels=list(LABELS))
    few = {"trainer": {"name": "none"}, "schedule": {"epochs": 1, "min_updates": 1}}
    student = pnet_tf.fit(data, few, recipe=recipe).student
    plain = pnet_tf.export_student(student, list(LABELS), samples, targets=targets)
    if shape is not None:
        return [plain.content]
    ranked = pnet_tf.export_student(
        student,
        list(LABELS),
        samples,
        targets=targets,
        replies=LABELS,
        roles=ROLES,
        trigger_rate=0.4,
    )
    return [plain.content, ranked.content]


def new_bytes(content: bytes, known: bytes) -> bytes:
    """What of a file, weights aside, is not in `known`."""
    structure, at = b"", 0
    for begin, end, _ in weight_spans(content):
        structure += content[at:begin]
        at = end
    structure += content[at:]
    kept, at = b"", 0
    for length, _, _ in parse(structure, [Part(TOKENS, len(structure))], known)[0]:
        size = max(length, 1)
        kept += structure[at : at + size] if size < COMMON else b""
        at += size
    return kept


def main() -> None:
    """Export, collect, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "pnet_tf" / "packing" / "dictionary.bin")
    args = parser.parse_args()
    known = b""
    for recipe, shape in [*IMAGES.items(), ("text-small", None), ("text", None)]:
        for content in exported(recipe, shape):
            added = new_bytes(content, known)
            print(f"{recipe}: {len(content):,} bytes, {len(added):,} new")
            known += added
    atomic_write_bytes(args.out, known)
    print(f"{args.out.name}: {len(known):,} bytes")


if __name__ == "__main__":
    main()
