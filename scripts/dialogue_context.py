"""Tables whose messages carry the end of the message before them, for dialogues in order.

    python scripts/dialogue_context.py DATA --out FOLDER [--own 88] [--length 128]

What a message does in a dialogue depends on what it answers. A model of single messages can still
see that: FOLDER receives the tables of DATA with each text cut to `--own` bytes and followed by the
last words of the text one row above, as many as fit into `--length` bytes. Each such word starts
with an underscore, which the text projection counts as a letter, so that it hashes apart from the
same word of the message itself; a question mark becomes `_q`, other punctuation is dropped. An app
has to build the same line from its last two messages. The first row has no context; rows bear no
dialogue numbers, so the first message of each further dialogue is given the end of the one before.
"""

from __future__ import annotations

import argparse
import gzip
import re
from pathlib import Path

from tsv import read_pairs

_WORDS = re.compile(r"[\w']+|\?")


def with_context(texts: list[str], own: int, length: int) -> list[str]:
    """Each text, at most `own` bytes of it, and marked words of the text before it."""
    return [
        _joined(text.encode()[:own].decode("utf-8", "ignore"), before, length)
        for before, text in zip(["", *texts], texts, strict=False)
    ]


def _joined(text: str, before: str, length: int) -> str:
    room = length - len(text.encode())
    kept: list[str] = []
    for word in reversed(_WORDS.findall(before)):
        marked = "_q" if word == "?" else f"_{word}"
        room -= len(marked.encode()) + 1
        if room < 0:
            break
        kept.append(marked)
    return " ".join([text, *reversed(kept)])


def main() -> None:
    """Write the tables that the command line asks for."""
    parser = argparse.ArgumentParser(description="Messages with the end of the message before.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--own", type=int, default=88, help="bytes of the message itself")
    parser.add_argument("--length", type=int, default=128, help="bytes of all")
    args = parser.parse_args()
    tables = sorted(args.data.glob("*.tsv.gz"))
    if not tables:
        raise SystemExit(f"{args.data}: no table *.tsv.gz")
    args.out.mkdir(parents=True, exist_ok=True)
    for path in tables:
        labels, texts = zip(*read_pairs(path), strict=True)
        joined = with_context(list(texts), args.own, args.length)
        content = "".join(f"{label}\t{text}\n" for label, text in zip(labels, joined, strict=True))
        (args.out / path.name).write_bytes(gzip.compress(content.encode(), mtime=0))


if __name__ == "__main__":
    main()
