"""Which literals and matches write bytes in the fewest bits: shortest paths over prices.

Prices are those of the odds that the parse before has come to; the first parse goes by even odds.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .models import REPS, SHORTEST, TOKENS, TOP, Content, Odds, number, symbol
from .parts import Part

Token = tuple[int, int, int]
"""Length (0 for a literal), distance, byte."""

_ROUNDS = 3
_TRIED = 48  # earlier places with the same first bytes
_EACH = 24  # matches up to so many bytes are tried at each length
_LONG = 96  # one of so many bytes is taken as it is


def parse(data: bytes, parts: Sequence[Part], dictionary: bytes) -> list[list[Token]]:
    """Tokens of each part, none for weights."""
    matches = _Matches(dictionary + data)
    content = Content(dictionary, len(data))
    tokens: list[list[Token]] = []
    for _ in range(_ROUNDS):
        prices = _Prices(content)
        content = Content(dictionary, len(data))
        tokens = []
        for part in parts:
            if part.kind == TOKENS:
                tokens.append(_shortest(matches, prices, content, part.size))
                for token in tokens[-1]:
                    content.token(_LEARNING, *token)
            else:
                tokens.append([])
                at = len(content.out)
                content.out += matches.data[at : at + part.size]
    return tokens


class _Learning:
    """A coder that writes nothing."""

    def bit(self, odds: Odds, at: int, bit: int) -> int:
        odds.learn(at, bit)
        return bit

    def even(self, bit: int) -> int:
        return bit


_LEARNING = _Learning()


class _Cost:
    """A coder that adds up bits."""

    def __init__(self) -> None:
        self.bits = 0.0

    def bit(self, odds: Odds, at: int, bit: int) -> int:
        one = (odds.p[at] >> 10 | 1) / (TOP >> 10)
        self.bits -= math.log2(one if bit else 1 - one)
        return bit

    def even(self, bit: int) -> int:
        self.bits += 1
        return bit


class _Prices:
    """Bits of what a token is made of, by the odds that `content` came to."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._known: dict[tuple[str | int, ...], float] = {}

    def kind(self, last: int, column: int, match: int) -> float:
        return self._of("kind", 4 * last + column, match)

    def literal(self, column: int, byte: int, expected: int) -> float:
        """`expected`: the byte that would have gone on, -1 behind a literal."""
        return self._of("literal", column, byte, expected)

    def new(self, last: int, length: int, distance: int) -> float:
        far = self._of("distance", int(length > SHORTEST), distance - 1)
        return self._of("rep", last, 0) + self._of("length", 0, length - SHORTEST) + far

    def old(self, last: int, which: int, length: int) -> float:
        return (
            self._of("rep", last, 1) + self._of("which", which) + self._of("length", 1, length - 1)
        )

    def _of(self, what: str, *values: int) -> float:
        key: tuple[str | int, ...] = (what, *values)
        if key not in self._known:
            cost = _Cost()
            _WALKS[what](self._content, cost, *values)
            self._known[key] = cost.bits
        return self._known[key]


_WALKS: dict[str, Callable[..., int]] = {
    "kind": lambda content, cost, at, bit: cost.bit(content.is_match, at, bit),
    "rep": lambda content, cost, at, bit: cost.bit(content.is_rep, at, bit),
    "which": lambda content, cost, at: symbol(cost, content.which, 2, 0, at),
    "length": lambda content, cost, old, n: number(cost, content.lengths[old], n),
    "distance": lambda content, cost, far, n: number(cost, content.distances[far], n),
    "literal": lambda content, cost, column, byte, expected: content.literal(
        cost, column, expected, byte
    ),
}


class _Matches:
    """Earlier places whose bytes go on as here."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._places: dict[bytes, list[int]] = defaultdict(list)
        for at in range(len(data) - SHORTEST + 1):
            self._places[data[at : at + SHORTEST]].append(at)
        self._found: dict[int, list[tuple[int, int]]] = {}

    def length(self, at: int, distance: int, most: int) -> int:
        """Bytes from `at` on that are the same `distance` bytes before."""
        data, before, n = self.data, at - distance, 0
        if before < 0:
            return 0
        while n < most and data[at + n : at + n + 16] == data[before + n : before + n + 16]:
            n += 16
        while n < most and data[at + n] == data[before + n]:
            n += 1
        return min(n, most)

    def longest(self, at: int, most: int) -> list[tuple[int, int]]:
        """(length, distance), both rising: the nearest place for each length."""
        if at not in self._found:
            places = self._places[self.data[at : at + SHORTEST]]
            until = bisect_left(places, at)
            found, best = [], SHORTEST - 1
            for before in reversed(places[max(until - _TRIED, 0) : until]):
                length = self.length(at, at - before, most)
                if length > best:
                    best = length
                    found.append((length, at - before))
                if best >= _LONG:
                    break
            self._found[at] = found
        return self._found[at]


@dataclass(slots=True)
class _Node:
    """The cheapest way to a place: its bits, the distances that can be named, the last token."""

    bits: float
    reps: tuple[int, ...]
    last: int
    token: Token


def _shortest(matches: _Matches, prices: _Prices, content: Content, size: int) -> list[Token]:
    """The tokens of the next `size` bytes behind `content`."""
    begin = len(content.out)
    nodes: list[_Node | None] = [None] * (size + 1)
    nodes[0] = _Node(0.0, tuple(content.reps), content.last, (0, 0, 0))
    skip = 0
    for i in range(size):
        node = nodes[i]
        if node is None or i < skip:
            continue
        for token, bits, reps, last in _steps(
            matches, prices, node, begin + i, begin + i - content.start, size - i
        ):
            to = i + max(token[0], 1)
            there = nodes[to]
            if there is None or node.bits + bits < there.bits:
                nodes[to] = _Node(node.bits + bits, reps, last, token)
            if token[0] >= _LONG:
                skip = max(skip, to)
    path, i = [], size
    while i:
        token = nodes[i].token  # type: ignore[union-attr]
        path.append(token)
        i -= max(token[0], 1)
    return path[::-1]


def _steps(
    matches: _Matches, prices: _Prices, node: _Node, at: int, offset: int, most: int
) -> Iterator[tuple[Token, float, tuple[int, ...], int]]:
    """Every token tried at a place: it, its bits, and what the next knows."""
    byte, column, reps, last = matches.data[at], offset & 3, node.reps, node.last
    expected = matches.data[at - reps[0]] if last and reps[0] <= at else -1
    bits = prices.kind(last, column, 0) + prices.literal(column, byte, expected)
    yield (0, 0, byte), bits, reps, 0
    match = prices.kind(last, column, 1)
    for which, distance in enumerate(reps):
        longest = matches.length(at, distance, most)
        others = (distance, *reps[:which], *reps[which + 1 :])
        for length in _lengths(1, longest):
            yield (length, distance, 0), match + prices.old(last, which, length), others, 2
    shortest = SHORTEST
    for longest, distance in matches.longest(at, most):
        longest = min(longest, most)
        if distance not in reps:
            others = (distance, *reps[: REPS - 1])
            for length in _lengths(shortest, longest):
                yield (length, distance, 0), match + prices.new(last, length, distance), others, 1
        shortest = longest + 1


def _lengths(first: int, longest: int) -> list[int]:
    few = list(range(first, min(longest, first + _EACH) + 1))
    return [*few, longest] if longest > first + _EACH else few
