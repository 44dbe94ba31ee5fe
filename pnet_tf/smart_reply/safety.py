"""Why a response never becomes a reply: what it holds, its length, what it would show."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ..data.labels import label_problem
from ..errors import InputError
from .names import Names
from .normal import EMOJI
from .words import BANNED, NAME, NUMBER, WordList

MOST_WORDS = 8
MOST_CHARACTERS = 60
LONGEST_CHARACTERS = 500
"""Largest value of `most_characters`."""

HIDDEN, LONG, WORDLESS = "hidden signs", "too long", "no word"
LINK, HANDLE = "link or address", "handle or hashtag"
REASONS = (LONG, HIDDEN, LINK, HANDLE, BANNED, NUMBER, WORDLESS, NAME)
"""In the order in which they are looked for."""

_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ENDINGS = "com|org|net|edu|gov|mil|info|biz|io|tv|html?|php|co\\.[a-z]{2}|cn|de|fr|ru|uk"
_LINK = re.compile(
    rf"://|\bwww\.|\b[\w-]{{1,63}}\.(?:{_ENDINGS})\b|\bdot (?:com|org|net)\b"
    r"|\S@\S|\\\S|(?<!\S)[~/]/?\w+/",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<!\w)[@#]\s?\w")


@dataclass(frozen=True)
class Filter:
    """What replies may be: `words` they must not hold, `names` of the corpus, bounds of length.

    `most_words` counts by white space, `most_characters` code points. `names` None: only listed
    names are known. Raises InputError for bounds below 1 or above LONGEST_CHARACTERS.
    """

    words: WordList
    names: Names | None = None
    most_words: int = MOST_WORDS
    most_characters: int = MOST_CHARACTERS

    def __post_init__(self) -> None:
        for key in ("most_words", "most_characters"):
            value = getattr(self, key)
            if type(value) is not int or not 1 <= value <= LONGEST_CHARACTERS:
                raise InputError(
                    f"{key} must be a whole number 1..{LONGEST_CHARACTERS}, got {value!r}"
                )

    def why_banned(self, text: str) -> str | None:
        """One of REASONS, or None for a text that may be a reply."""
        if self._is_long(text):  # first: what follows is then bounded
            return LONG
        return why_banned(text, self.words, self.names)

    def _is_long(self, text: str) -> bool:
        return len(text) > self.most_characters or len(text.split()) > self.most_words


def why_banned(text: str, words: WordList, names: Names | None = None) -> str | None:
    """Why `text`, whatever its length, is no reply: one of REASONS but LONG; None for a reply.

    Control characters, lone surrogates and overrides of direction; a link, an e-mail address or a
    path; an @handle or #hashtag; a banned word; a digit or number sign of any script or a number
    word of `words`; neither letter nor emoji; a name.
    """
    if _DIRECTION.search(text) or (label_problem(text) and text.strip()):
        return HIDDEN
    if _LINK.search(text):
        return LINK
    if _HANDLE.search(text):
        return HANDLE
    listed = words.find(text)
    if listed == BANNED:
        return BANNED
    if listed == NUMBER or any(unicodedata.category(sign)[0] == "N" for sign in text):
        return NUMBER
    if not any(map(_is_speech, text)):
        return WORDLESS
    return NAME if listed == NAME or (names is not None and names.held_by(text)) else None


def _is_speech(sign: str) -> bool:
    return sign.isalpha() or EMOJI.match(sign) is not None
