"""Writes as many pairs as asked for: those of real tables, sampled and perturbed.

    python scripts/make_scale_pairs.py FOLDER --pairs 1000000 --out FILE [--seed 1]

FOLDER holds tables of message and response; FILE is a .tsv or .tsv.gz without a header. Most
messages are changed: letters swapped, dropped or doubled, a word dropped or put in another's place,
case, punctuation, the beginning of one message before the end of another. A response that FOLDER
has several times stays, or varies in case, marks and an emoji alone; a rarer one mostly gets
another word, for otherwise a large sample would make single sentences frequent. So the share of
rare responses stays what it is. The same seed gives the same bytes; pairs are written one by one.
"""

from __future__ import annotations

import argparse
import gzip
import io
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from pnet_tf.smart_reply.pairs import Pair, pair_files, read_pairs

FREQUENT = 3
"""Times from which a response of the tables counts as one that people repeat."""
SAME_MESSAGE, JOINED_MESSAGE = 0.15, 0.25
SAME_FREQUENT, SAME_RARE = 0.8, 0.1
EMOJI = ("\U0001f642", "\U0001f602", "\U0001f44d", "❤")


class Perturbed:
    """Endless pairs from `pairs`; every choice is `rng.random()`, the same in every Python."""

    def __init__(self, pairs: Sequence[Pair], seed: int) -> None:
        self._pairs, self._rng = pairs, random.Random(seed)
        self._times = Counter(pair.response for pair in pairs)
        self._words = [word for pair in pairs for word in pair.message.split()]

    def __iter__(self) -> Iterator[Pair]:
        while True:
            pair = self._pick(self._pairs)
            yield Pair(self._message(pair.message), self._response(pair.response))

    def _message(self, text: str) -> str:
        chance = self._rng.random()
        if chance < SAME_MESSAGE:
            return text
        if chance < SAME_MESSAGE + JOINED_MESSAGE:
            text = self._joined(text.split(), self._pick(self._pairs).message.split())
        changes = (self._typed, self._less, self._other, self._case, self._marks)
        for _ in range(1 + int(2 * self._rng.random())):
            text = self._pick(changes)(text)
        return text

    def _response(self, text: str) -> str:
        frequent = self._times[text] >= FREQUENT
        if self._rng.random() < (SAME_FREQUENT if frequent else SAME_RARE):
            return text
        changes: tuple[Callable[[str], str], ...] = (self._case, self._marks, self._emoji)
        return self._pick(changes if frequent else (self._other, self._less))(text)

    def _pick(self, values: Sequence[object]) -> object:
        return values[int(self._rng.random() * len(values))]

    def _joined(self, first: list[str], last: list[str]) -> str:
        """The first half of one and the last half of another."""
        return " ".join([*first[: len(first) // 2 + 1], *last[len(last) // 2 :]])

    def _typed(self, text: str) -> str:
        """Two letters swapped, or one dropped or doubled."""
        if len(text) < 4:
            return text
        at = 1 + int(self._rng.random() * (len(text) - 2))
        middle = self._pick((text[at + 1] + text[at], text[at + 1], text[at] * 2 + text[at + 1]))
        return f"{text[:at]}{middle}{text[at + 2 :]}"

    def _less(self, text: str) -> str:
        words = text.split()
        if len(words) > 2:
            del words[int(self._rng.random() * len(words))]
        return " ".join(words)

    def _other(self, text: str) -> str:
        """One word in another's place, drawn as often as messages have it."""
        words = text.split()
        words[int(self._rng.random() * len(words))] = self._pick(self._words)
        return " ".join(words)

    def _case(self, text: str) -> str:
        return self._pick((str.lower, str.lower, str.upper, str.capitalize))(text)

    def _marks(self, text: str) -> str:
        """Without a mark at the end, or another one in the place of a full stop."""
        bare = text.rstrip(".!")
        return f"{bare}{self._pick(('', '', '!', '...'))}" if bare else text

    def _emoji(self, text: str) -> str:
        return f"{text} {self._pick(EMOJI)}"


def write(pairs: Iterator[Pair], number: int, out: Path) -> None:
    """The first `number` of `pairs`, gzipped where `out` is named so; the same bytes every time."""
    with out.open("wb") as raw:
        packed = gzip.GzipFile("", "wb", 6, raw, mtime=0) if out.suffix == ".gz" else raw
        with io.TextIOWrapper(packed, "utf-8", newline="\n") as stream:
            for _, (message, response) in zip(range(number), pairs, strict=False):
                stream.write(f"{message}\t{response}\n")


def main() -> None:
    """Write the table that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    tables = pair_files(args.folder).values()
    found = list(chain.from_iterable(map(read_pairs, tables)))
    write(iter(Perturbed(found, args.seed)), args.pairs, args.out)
    print(f"{args.out}: {args.pairs:,} pairs from {len(found):,}")


if __name__ == "__main__":
    main()
