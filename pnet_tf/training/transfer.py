"""Transfer sets: inputs made of real ones, for a trainer to answer (Tang et al. 2019).

Texts as in arXiv 1903.12136, section 3.2, with words left out where BERT has a mask, words that the
trainer holds for similar, and parts of two messages put together; pixels and features by mixup
(Zhang et al. 2018, arXiv 1710.09412).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from ..data.parts import input_keys
from ..data.types import object_array
from ..errors import InputError
from ..trainers import SimilarWords

_STREAM = 5  # of the same seed as the order of examples and their changes
_JOINED, _PART = 0.3, 0.2
_DROPPED, _REPLACED = 0.1, 0.15
_SIMILAR = 0.175
"""Share of the words that have similar ones in whose place such a one stands, beside those that are
replaced by one of like frequency."""
_LIKE = 20
"""Places in the order of frequency that a word may be from the one in whose place it stands."""
_MOST_TRIES = 20
_CHUNK = 1024


def make_transfer(
    inputs: np.ndarray,
    count: int,
    seed: int,
    taken: Sequence[np.ndarray] = (),
    similar: SimilarWords | None = None,
) -> np.ndarray:
    """At most `count` inputs made of `inputs` (`Split.inputs`) by `seed` and `similar` alone.

    `similar` gives words that may stand for those of texts (`Trainer.similar_words`). Texts are
    new: none is one of `inputs`, of `taken` or made twice, and there are fewer where so many cannot
    be made. Raises InputError where none can be.
    """
    rng = np.random.default_rng([seed, 0, _STREAM])
    if inputs.dtype != object:
        return mix_up(inputs, count, rng)
    known = {key for part in (inputs, *taken) for key in input_keys(part)}
    source, found = TextSource(inputs.tolist(), similar), dict[str, None]()
    for _ in range(_MOST_TRIES * count):
        text = source.make(rng)
        if text not in known:
            found[text] = None
            if len(found) == count:
                break
    if not found:
        raise InputError(f"augment.transfer: nothing new can be made of {len(inputs):,} inputs")
    return object_array(found)


def mix_up(inputs: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` mixtures share * a + (1 - share) * b of two different rows of `inputs` [N, ...].

    Shares are uniform in 0..1; the type is that of `inputs`, whole numbers are rounded.
    """
    size = len(inputs)
    one = rng.integers(size, size=count)
    other = (one + rng.integers(1, max(size, 2), size=count)) % size
    share = rng.random(count, np.float32)
    made = np.empty((count, *inputs.shape[1:]), inputs.dtype)
    for start in range(0, count, _CHUNK):
        some = slice(start, start + _CHUNK)
        of_one = share[some].reshape(-1, *[1] * (inputs.ndim - 1))
        mixed = of_one * inputs[one[some]] + (1 - of_one) * inputs[other[some]]
        made[some] = np.rint(mixed) if inputs.dtype.kind == "u" else mixed
    return made


class TextSource:
    """What texts are made of: messages in words, or in characters where words have no spaces.

    A made text is a message, for a share of them the head of one and the tail of another, or a part
    of one; then words are left out, and others replaced, by a similar one or by one of like
    frequency.
    """

    def __init__(self, texts: Sequence[str], similar: SimilarWords | None = None) -> None:
        spaced = sum(len(text.split()) > 1 for text in texts) * 2 >= len(texts)
        self._between = " " if spaced else ""
        self._messages = [text.split() if spaced else list("".join(text.split())) for text in texts]
        counts = Counter(word for words in self._messages for word in words)
        self._words = sorted(counts, key=lambda word: (-counts[word], word))
        self._places = {word: place for place, word in enumerate(self._words)}
        self._similar = similar(self._words) if similar and spaced else {}

    def make(self, rng: np.random.Generator) -> str:
        """One text, perhaps a message as it is; never empty."""
        words, way = self._message(rng), rng.random()
        if way < _JOINED:
            words = joined(words, self._message(rng), rng)
        elif way < _JOINED + _PART:
            words = part(words, rng)
        return self._between.join(self._changed(words, rng))

    def _message(self, rng: np.random.Generator) -> list[str]:
        return self._messages[int(rng.integers(len(self._messages)))]

    def _changed(self, words: list[str], rng: np.random.Generator) -> Iterator[str]:
        draws = rng.random(len(words))
        spared = int(draws.argmax())  # one word at least is left
        for place, (word, draw) in enumerate(zip(words, draws, strict=True)):
            others = self._similar.get(word, ())
            if draw < _DROPPED and place != spared:
                continue
            if draw < _DROPPED + _REPLACED:
                yield self.like(word, rng)
            elif others and draw < _DROPPED + _REPLACED + _SIMILAR:
                yield others[int(rng.integers(len(others)))]
            else:
                yield word

    def like(self, word: str, rng: np.random.Generator) -> str:
        """Another word whose place in the order of frequency is near, `word` where it is alone."""
        place = self._places[word]
        first = max(0, place - _LIKE)
        others = min(len(self._words), place + _LIKE + 1) - first - 1
        if not others:
            return word
        found = first + int(rng.integers(others))
        return self._words[found + (found >= place)]


def joined(one: list[str], other: list[str], rng: np.random.Generator) -> list[str]:
    """The first words of `one`, then the last of `other`: at least one of each."""
    head, tail = int(rng.integers(len(one))) + 1, int(rng.integers(len(other)))
    return one[:head] + other[tail:]


def part(words: list[str], rng: np.random.Generator) -> list[str]:
    """Half of `words` or more that follow one another."""
    size = int(rng.integers(-(-len(words) // 2), len(words) + 1))
    start = int(rng.integers(len(words) - size + 1))
    return words[start : start + size]
