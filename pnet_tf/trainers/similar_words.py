"""Words that a sentence encoder holds for similar: what messages are made of beside their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np

_NEAREST = 8
_LEAST = 0.4
"""Cosine below which a word is not like another."""
_MOST = 30_000
"""Of words that are looked at, the first: encoders of many languages know ten times as many."""
_CHUNK = 512
_PARTS = re.compile(r"(\W*)(.*?)(\W*)", re.DOTALL)


def similar_words(
    words: Sequence[str], known: Sequence[str], embed: Callable[[Sequence[str]], np.ndarray]
) -> dict[str, tuple[str, ...]]:
    """Each of `words` -> at most eight of `known` like it, the most alike first.

    Alike is the cosine of `embed` [N, width] less the mean of all of `known` (Mu & Viswanath 2018,
    arXiv 1702.01417: what all words share says nothing of one). A word has its punctuation and
    capitals back; of `known` those are looked at that are written in the letters of `words`, 30,000
    of them at most. Words without a letter have none.
    """
    stems = {word: stem(word) for word in words[:_MOST]}
    asked = sorted({found for found in stems.values() if _has_letter(found)})
    letters = set("".join(asked))
    known = [word for word in dict.fromkeys(map(str.lower, known)) if letters.issuperset(word)]
    known = known[:_MOST]
    if not asked or not known:
        return {}
    theirs = embed(known)
    centre = theirs.mean(axis=0)
    near = _nearest(_units(embed(asked) - centre), _units(theirs - centre))
    found = {
        one: tuple(known[place] for place in places if known[place] != one)[:_NEAREST]
        for one, places in zip(asked, near, strict=True)
    }
    made = {word: tuple(written_as(word, other) for other in found.get(stems[word], ()))
            for word in stems}  # fmt: skip
    return {word: others for word, others in made.items() if others}


def stem(word: str) -> str:
    """A word in small letters, without what stands before and behind it."""
    return _parts(word)[1].lower()


def written_as(word: str, other: str) -> str:
    """`other` with the punctuation of `word`, and capitals where that has them."""
    before, own, behind = _parts(word)
    if own.isupper() and len(own) > 1:
        other = other.upper()
    elif own[:1].isupper():
        other = other[:1].upper() + other[1:]
    return before + other + behind


def _parts(word: str) -> tuple[str, str, str]:
    before, own, behind = _PARTS.fullmatch(word).groups()  # type: ignore[union-attr]  # any text
    return before, own, behind


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word))


def _units(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1; 0 stays 0."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))


def _nearest(ours: np.ndarray, theirs: np.ndarray) -> Iterator[list[int]]:
    """For each row of `ours` the rows of `theirs` of largest product, one more than are wanted: the
    word itself may be among them.
    """
    wanted = min(_NEAREST + 1, len(theirs))
    for start in range(0, len(ours), _CHUNK):
        cosines = ours[start : start + _CHUNK] @ theirs.T
        most = np.sort(np.argpartition(-cosines, wanted - 1, axis=1)[:, :wanted], axis=1)
        values = np.take_along_axis(cosines, most, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        for places, own, row in zip(order, most, values, strict=True):
            yield [int(own[place]) for place in places if row[place] >= _LEAST]
