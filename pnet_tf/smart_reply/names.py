"""Personal names, known by how a corpus writes them: with a capital where no sentence begins."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

LEAST_CAPITALS = 2
"""Capitalised occurrences within sentences that make a word suspect."""
LEAST_SHARE = 0.8
"""Share of a word's occurrences within sentences that are capitalised, for it to be a name."""
MOST_CAPITALS = 0.15
"""Share of capitalised words within sentences above which capitals tell nothing: German, titles."""

_WITHIN = re.compile(r"(?:(?<=[^\W_] )|(?<=, ))[^\W\d_]+")
_WORD = re.compile(r"[^\W\d_]+")
_TITLE = re.compile(r"\b(?:mr|mrs|ms|miss|dr|prof|uncle|aunt)\.? ([^\W\d_]+)", re.I)
_CALLED = re.compile(r", ?([^\W\d_]+)\W*$")

_COMMON = """
    i ok okay tv
    monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december
    christmas easter god lord heaven goodness
    sir madam maam ma mom mum mommy mummy dad daddy mr mrs ms miss dr doctor
    english chinese french german spanish italian japanese russian american british european
    internet email im ill ive ve ll re hi hello hey thanks yes no oh well
"""
COMMON = frozenset(_COMMON.split())
"""Words that bear a capital and name nobody; folded."""


@dataclass(frozen=True)
class Names:
    """Which words of a corpus are names, from `count` (word as written -> occurrences).

    Only occurrences within sentences count, as `words_within` finds them. Where more than
    MOST_CAPITALS of all of them bear a capital, `share`, nothing is a name by its capitals.
    """

    count: Callable[[str], int]
    share: float

    @property
    def usable(self) -> bool:
        """Whether capitals tell anything in this corpus."""
        return self.share <= MOST_CAPITALS

    def held_by(self, text: str) -> str | None:
        """The first name in `text`, None without any.

        A word that the corpus writes with a capital (LEAST_CAPITALS, LEAST_SHARE), wherever it
        stands and however it is written here; a capitalised word after a title ("Mr. Low"); and one
        at the end after a comma ("Thanks, Will."), for that is how people are called.
        """
        if not self.usable:
            return None
        called = (m[1] for pattern in (_TITLE, _CALLED) for m in pattern.finditer(text))
        for word in called:
            if is_capitalised(word) and word.casefold() not in COMMON:
                return word
        return next(filter(self._is_name, _WORD.findall(text)), None)

    def _is_name(self, word: str) -> bool:
        if word.casefold() in COMMON or len(word) < 2:
            return False
        capital, small = map(self.count, _forms(word))
        return capital >= LEAST_CAPITALS and capital >= LEAST_SHARE * (capital + small)


def words_counted(text: str) -> set[str]:
    """The words whose counts `Names.held_by` may ask for."""
    return {form for word in _WORD.findall(text) for form in _forms(word)}


def _forms(word: str) -> tuple[str, str]:
    """With a capital, and without."""
    return word.capitalize(), word.lower()


def words_within(text: str) -> list[str]:
    """Words that begin no sentence: a space before them, and a letter, digit or comma before it."""
    return _WITHIN.findall(text)


def is_capitalised(word: str) -> bool:
    """One capital and small letters after it; "OK" and "I" are not."""
    return word[:1].isupper() and word[1:].islower()


def capitalised(counts: Mapping[str, int]) -> int:
    """Occurrences of capitalised words, of word -> occurrences."""
    return sum(count for word, count in counts.items() if is_capitalised(word))
