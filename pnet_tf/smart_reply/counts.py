"""Exact counts of responses and words in bounded memory: what does not fit lies on disk."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from ..errors import InputError, WorkError
from .names import Names, capitalised, words_within
from .normal import normal_form
from .pairs import Pair

LONGEST_COUNTED = 500
"""Code points of a response above which it is only counted as long."""
PENDING_SIZE = 16 << 20
"""Size of the pairs that are gathered before they are added on disk: characters, and PAIR_SIZE
for each pair."""
PAIR_SIZE = 64
CACHE_KIB = 64 << 10
MOST_SURFACES = 50
"""Surface forms of one response that are looked at, the most frequent."""

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE responses (key BLOB, surface BLOB, n INTEGER, PRIMARY KEY (key, surface))
 WITHOUT ROWID;
CREATE TABLE spread (key BLOB, message BLOB, PRIMARY KEY (key, message)) WITHOUT ROWID;
CREATE TABLE words (word BLOB PRIMARY KEY, n INTEGER) WITHOUT ROWID;
"""
_ADD_RESPONSE = """INSERT INTO responses VALUES (?, ?, ?)
 ON CONFLICT (key, surface) DO UPDATE SET n = n + excluded.n"""
_ADD_SPREAD = "INSERT OR IGNORE INTO spread VALUES (?, ?)"
_ADD_WORD = "INSERT INTO words VALUES (?, ?) ON CONFLICT (word) DO UPDATE SET n = n + excluded.n"
_TOTALS = "SELECT key, SUM(n) AS total FROM responses GROUP BY key"
_FREQUENT = f"{_TOTALS} HAVING total >= ? ORDER BY total DESC, key"
_RARE = f"SELECT COUNT(*), COALESCE(SUM(total), 0) FROM ({_TOTALS}) WHERE total < ?"
_RARE_EXAMPLES = f"{_TOTALS} HAVING total < ? ORDER BY total DESC, key LIMIT ?"
_SURFACES = "SELECT surface, n FROM responses WHERE key = ? ORDER BY n DESC, surface LIMIT ?"

_WORD = "SELECT n FROM words WHERE word = ?"


class Counts:
    """Counts of responses by normal form and surface form, and of words within sentences.

    Beside them, how many different messages a response answers: a copied conversation makes its
    sentences frequent, but not what many people say.

    All are exact and none depends on the order of pairs (messages are told apart by 64 bits of
    BLAKE2). They lie in a nameless SQLite database,
    which keeps CACHE_KIB in memory and the rest in a temporary file that is gone with `close`; use
    it in a `with`. `pairs`: all that were added. `long`: responses above LONGEST_COUNTED, and
    `wordless` ones whose normal form is empty, which are not counted by form.
    """

    def __init__(self) -> None:
        self.pairs = self.long = self.wordless = 0
        self._within = self._capitals = 0
        self._base = sqlite3.connect("")
        with _disk():
            self._base.executescript(_TABLES + f"PRAGMA cache_size = -{CACHE_KIB};")

    def __enter__(self) -> Counts:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory and the temporary file back."""
        self._base.close()

    def add(self, pairs: Iterable[Pair]) -> None:
        """Count `pairs`; raises WorkError when the disk is full."""
        pending, size = _Pending(), 0
        for pair in pairs:
            self.pairs += 1
            self.long += not pending.put(pair)
            size += len(pair.message) + len(pair.response) + PAIR_SIZE
            if size > PENDING_SIZE:
                self._store(pending)
                pending, size = _Pending(), 0
        self._store(pending)

    def frequent(self, fewest: int) -> Iterator[tuple[str, int]]:
        """(key, count) of responses counted at least `fewest` times; frequent first, then by key"""
        for key, count in self._ask(_FREQUENT, fewest):
            yield _text(key), count

    def rare(self, fewest: int, examples: int) -> tuple[int, int, list[tuple[str, int]]]:
        """Responses, and pairs, counted fewer than `fewest` times; the first of `frequent`."""
        ((responses, pairs),) = self._ask(_RARE, fewest)
        found = self._ask(_RARE_EXAMPLES, fewest, examples)
        return responses, pairs, [(_text(key), count) for key, count in found]

    def surfaces(self, key: str) -> dict[str, int]:
        """Surface form -> count of a key; the MOST_SURFACES most frequent, ties by code points."""
        found = self._ask(_SURFACES, _bytes(key), MOST_SURFACES)
        return {_text(surface): count for surface, count in found}

    def messages(self, key: str) -> int:
        """Different messages, but for case, that a response of the key answers."""
        ((count,),) = self._ask("SELECT COUNT(*) FROM spread WHERE key = ?", _digest(key))
        return int(count)

    def names(self) -> Names:
        """What capitals tell of names; asks these counts, so use it before they are closed."""
        return Names(lru_cache(1 << 16)(self._word), self._capitals / max(self._within, 1))

    def _word(self, word: str) -> int:
        return sum(count for (count,) in self._ask(_WORD, _bytes(word)))

    def _ask(self, question: str, *values: int | bytes) -> Iterator[tuple[Any, ...]]:
        with _disk():
            yield from self._base.execute(question, values)

    def _store(self, pending: _Pending) -> None:
        self._within += sum(pending.words.values())
        self._capitals += capitalised(pending.words)
        responses, spread = [], []
        for surface, messages in pending.responses.items():
            if not (key := normal_form(surface)):
                self.wordless += sum(messages.values())
                continue
            responses.append((_bytes(key), _bytes(surface), sum(messages.values())))
            spread += [(_digest(key), message) for message in messages]
        words = [(_bytes(word), count) for word, count in pending.words.items()]
        with _disk(), self._base:
            self._base.executemany(_ADD_RESPONSE, sorted(responses))  # neighbours share a page
            self._base.executemany(_ADD_SPREAD, sorted(spread))
            self._base.executemany(_ADD_WORD, sorted(words))


class _Pending:
    """Pairs in memory: surface form -> digest of message -> count; word -> count."""

    def __init__(self) -> None:
        self.responses: defaultdict[str, Counter[bytes]] = defaultdict(Counter)
        self.words: Counter[str] = Counter()

    def put(self, pair: Pair) -> bool:
        """Whether the response is short enough to be counted by its form."""
        self.words.update(words_within(pair.message))
        self.words.update(words_within(pair.response))
        if len(pair.response) > LONGEST_COUNTED:
            return False
        self.responses[pair.response][_digest(pair.message.casefold())] += 1
        return True


def count_responses(pairs: Iterable[Pair]) -> Counts:
    """`Counts` of `pairs`, which are read once; close it, or use it in a `with`.

    Raises InputError where there is no pair, and what reading them raises.
    """
    counts = Counts()
    try:
        counts.add(pairs)
        if not counts.pairs:
            raise InputError("there is no pair; needed: pairs of message and response")
    except BaseException:
        counts.close()
        raise
    return counts


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise WorkError(f"responses cannot be counted in the temporary folder: {error}") from None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # SQLite compares them by code points, too


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def _digest(text: str) -> bytes:
    return blake2b(_bytes(text), digest_size=8).digest()
