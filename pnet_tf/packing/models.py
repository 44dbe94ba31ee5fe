"""What a container's decisions are and how likely each is; `docs/packing.md` specifies it.

Encoder, decoder and the encoder's prices walk through the same code: a coder has `bit` and `even`,
which a decoder answers and an encoder is told.
"""

from __future__ import annotations

from typing import Protocol

from ..errors import InputError

TOP, HALF = 1 << 22, 1 << 21
"""Probabilities are counted in 1/TOP."""
RATES = [131072 // (2 * n + 3) for n in range(1024)]
"""After n observations a probability moves by 1 / (n + 1.5) of its error, counted in 1/65536."""
TOKEN_LIMIT, WEIGHT_LIMIT = 60, 1023
"""Observations that count at most: structure changes within a file, weights hardly do."""
CARRIED = 30
"""Observations that still count at the begin of the next tensor of the same form."""
REPS = 4
"""Distances that a match can name again."""
SHORTEST = 3
"""Of a match with a new distance, in bytes."""
TOKENS, NIBBLES, BYTES = 0, 1, 2
"""Kinds of content; BYTES + k: bytes whose k lowest bits have the same odds everywhere."""
MOST_SHARED = 4


class Odds:
    """`size` probabilities of a 1: `p` in 1/TOP, after `n` observations, at most `limit`."""

    def __init__(self, size: int, limit: int = TOKEN_LIMIT) -> None:
        self.p, self.n, self.limit = [HALF] * size, [0] * size, limit

    def learn(self, at: int, bit: int) -> None:
        """Move a probability towards `bit`."""
        p, n = self.p[at], self.n[at]
        if bit:
            self.p[at] = p + (((TOP - p) >> 7) * RATES[n] >> 9)
        else:
            self.p[at] = p - ((p >> 7) * RATES[n] >> 9)
        if n < self.limit:
            self.n[at] = n + 1

    def carry(self) -> None:
        """Keep the probabilities and forget most of how sure they are."""
        self.n = [min(n, CARRIED) for n in self.n]


class Coder(Protocol):
    """One decision at a time; `bit` is what an encoder writes and a decoder ignores."""

    def bit(self, odds: Odds, at: int, bit: int) -> int:
        """A decision with a probability, and what is learned of it."""

    def even(self, bit: int) -> int:
        """A decision of even chances."""


def symbol(coder: Coder, odds: Odds, bits: int, base: int = 0, value: int = 0) -> int:
    """A symbol of `bits` bits, the highest first: a binary tree of odds from `base` on."""
    node = 1
    for place in range(bits - 1, -1, -1):
        node = node << 1 | coder.bit(odds, base + node, value >> place & 1)
    return node - (1 << bits)


NUMBER_ODDS = 32 + 32 * 8
"""Odds of one kind of number."""


def number(coder: Coder, odds: Odds, value: int = 0) -> int:
    """A number from 0 on: how many bits n + 1 has below its leading one, then these.

    The first two and the last two of them have odds, those between are even.
    """
    length = symbol(coder, odds, 5, 0, (value + 1).bit_length() - 1)
    found = 1
    for place in range(length - 1, -1, -1):
        bit = value + 1 >> place & 1
        at = _number_place(length, place, found)
        found = found << 1 | (coder.bit(odds, at, bit) if at else coder.even(bit))
    return found - 1


def _number_place(length: int, place: int, found: int) -> int:
    base = 32 + 8 * length
    if length - place <= 2:
        return base + (0 if length - place == 1 else found)  # found is 2 or 3
    if place < 2:
        return base + (4 if place else 5 + (found & 1))
    return 0


class Content:
    """The bytes so far, behind a dictionary, and the odds of what comes next.

    Tokens are literals and matches (LZ77, after LZMA); `last` was a literal (0), a match (1) or one
    at a distance used before (2). Raises InputError for what cannot be in a container.
    """

    def __init__(self, dictionary: bytes, size: int) -> None:
        self.out, self.start = bytearray(dictionary), len(dictionary)
        self.end = self.start + size
        self.reps, self.last = [1] * REPS, 0
        self.is_match = Odds(3 * 4)
        self.is_rep, self.which = Odds(3), Odds(4)
        self.lengths = Odds(NUMBER_ODDS), Odds(NUMBER_ODDS)  # of a new distance, of an old one
        self.distances = Odds(NUMBER_ODDS), Odds(NUMBER_ODDS)  # of the shortest, of longer ones
        self.literals = [Odds(256) for _ in range(4)]
        self.missed = [Odds(3 * 256) for _ in range(4)]
        self._weights: dict[int, tuple[Odds, Odds]] = {}

    def token(self, coder: Coder, length: int = 0, distance: int = 0, byte: int = 0) -> None:
        """One literal `byte` (`length` 0), or a match of `length` bytes, `distance` bytes back."""
        column = (len(self.out) - self.start) & 3
        if coder.bit(self.is_match, 4 * self.last + column, int(length > 0)):
            self._copy(*self._match(coder, length, distance))
        else:
            goes_on = self.last and self.reps[0] <= len(self.out)
            expected = self.out[-self.reps[0]] if goes_on else -1
            self.out.append(self.literal(coder, column, expected, byte))
            self.last = 0

    def _match(self, coder: Coder, length: int, distance: int) -> tuple[int, int]:
        old = distance in self.reps
        if coder.bit(self.is_rep, self.last, int(old)):
            at = symbol(coder, self.which, 2, 0, self.reps.index(distance) if old else 0)
            length = number(coder, self.lengths[1], length - 1) + 1
            self.reps.insert(0, self.reps.pop(at))
            self.last = 2
        else:
            length = number(coder, self.lengths[0], length - SHORTEST) + SHORTEST
            far = self.distances[int(length > SHORTEST)]
            self.reps = [number(coder, far, distance - 1) + 1, *self.reps[:-1]]
            self.last = 1
        return length, self.reps[0]

    def _copy(self, length: int, distance: int) -> None:
        if distance > len(self.out) or length > self.end - len(self.out):
            raise InputError("the packed file copies from where nothing is")
        begin, until = len(self.out) - distance, len(self.out) + length
        while len(self.out) < until:  # a match may overlap what it gives: twice as much each time
            self.out += self.out[begin : begin + until - len(self.out)]

    def literal(self, coder: Coder, column: int, expected: int, byte: int = 0) -> int:
        """A byte; behind a match, as long as it agrees, beside `expected`, which would go on it."""
        if expected < 0:
            return symbol(coder, self.literals[column], 8, 0, byte)
        odds, node, agrees = self.missed[column], 1, True
        for place in range(7, -1, -1):
            hint = expected >> place & 1
            base = 256 * (1 + hint) if agrees else 0
            bit = coder.bit(odds, base + node, byte >> place & 1)
            agrees &= bit == hint
            node = node << 1 | bit
        return node - 256

    def weights(self, coder: Coder, kind: int, size: int, given: bytes = b"") -> None:
        """`size` bytes of weights of one kind; NIBBLES: low four bits first."""
        shared = max(kind - BYTES, 0)
        bits = 4 if kind == NIBBLES else 8 - shared
        odds, low = self._weights.setdefault(
            kind, (Odds(1 << bits, WEIGHT_LIMIT), Odds(1 << shared, WEIGHT_LIMIT))
        )
        odds.carry()
        low.carry()
        for byte in given or bytes(size):
            if kind == NIBBLES:
                first = symbol(coder, odds, 4, 0, byte & 15)
                self.out.append(first | symbol(coder, odds, 4, 0, byte >> 4) << 4)
            else:
                high = symbol(coder, odds, bits, 0, byte >> shared)
                self.out.append(high << shared | symbol(coder, low, shared, 0, byte))
