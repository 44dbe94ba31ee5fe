"""The form under which responses count as one, and the surface form that is shown for it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from string import ascii_lowercase

_EMOJI = (
    "\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d"
    "\u20e3\U0001f000-\U0001faff\U000e0020-\U000e007f"
)
EMOJI = re.compile(f"[{_EMOJI}]")
"""One sign of an emoji, by the blocks that hold them; the standard library knows no property."""
_JOINERS = "\u200c\u200d"
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u0640\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
"""Controls, format characters and variation selectors; the Arabic stretching sign U+0640. The
joiners U+200C and U+200D spell words in Persian and in Indic scripts and stay."""

_SIGNS = str.maketrans(
    {sign: plain for signs, plain in (
        ("‘’‚‛ʼʹ`´′＇", "'"), ("“”„‟«»″＂", '"'), ("‐‑‒–—―−", "-"), ("؟⸮‽", "?"), ("،、，", ","),
    ) for sign in signs}
)  # fmt: skip
_COMMA = re.compile(r",(?!\d)|(?<!\d),")
_LETTERS = re.compile(r"([^\W\d_])\1{2,}")
_TRIPLES = tuple(3 * letter for letter in ascii_lowercase)
"""What `_LETTERS` finds in folded ASCII begins with one of these."""
_MARKS = re.compile(r"([!-#%-*,-/:-@\[-`{-~…。])\1+")
_FACE = r"(?:[:;=]['^o-]?[()\[\]{}|/\\*3dpox]+|x'?d+|<3+|\^[_.]?\^|\(:)"
_FACE_LAST = re.compile(rf"(?:^|\s){_FACE}\W*$")
_FACE_FIRST = re.compile(rf"^\W*{_FACE}(?=\s|$)")
_FACE_HINT = re.compile(r"[:;=<^]|x'?d")
_MEANT = "@#%&"
"""Punctuation, by its category, that is part of what is said."""
_DRAWN = "=^|~`<>"
"""Signs, by their category, that mean nothing at the ends of a sentence."""


def normal_form(text: str) -> str:
    """The key of a response: two texts with the same key are one response.

    Unicode NFKC and case folding (UAX 15, Unicode 3.13); white space collapsed; curly quotes and
    dashes straight; commas dropped, but between digits; three and more of a letter are two
    ("soooo", "sooo" -> "soo", for "so" and "soon" differ), doubled punctuation is one; punctuation,
    emoji and emoticons at both ends dropped, but a question stays one: "Yes?" is not "Yes.".
    Contractions and abbreviations stay what they are. A text without any word keeps its emoji, or
    else its signs. Idempotent; "" only for a text that shows nothing but commas.
    """
    text = " ".join(_less_repeated(folded(text)).split())
    start, end = _core(text)
    if start == end:
        return _wordless(text)
    return text[start:end] + ("?" if "?" in text[end:] else "")


def folded(text: str) -> str:
    """`text` in NFKC, case folded, one space between words, plain signs, nothing invisible."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).translate(_SIGNS))
    text = _INVISIBLE.sub("", text).replace("`", "'").casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    return " ".join(text.split())


def best_surface(surfaces: Mapping[str, int]) -> str:
    """The form to show, of surface form -> count: the most frequent, then the tidiest.

    Tidy is to begin with a capital where the script has them, not to be all capitals, to have no
    doubled punctuation and no emoji, and to end in a mark; then the shorter, then the first by code
    points. The order of the mapping does not matter.
    """
    return min(surfaces, key=lambda text: (-surfaces[text], _flaws(text), len(text), text))


def _less_repeated(text: str) -> str:
    """Folded `text` without commas and repetitions; most have none, which is quick to see."""
    if "," in text:
        text = _COMMA.sub(" ", text)
    if not text.isascii() or any(map(text.__contains__, _TRIPLES)):
        text = _LETTERS.sub(r"\1\1", text)
    return _MARKS.sub(r"\1", text) if _MARKS.search(text) else text


def _core(text: str) -> tuple[int, int]:
    """Where the words of `text` begin and end."""
    start, end, before = 0, len(text), (-1, -1)
    while before != (start, end):
        before = (start, end)
        # an emoticon whole, before its signs are taken one by one: of "<3" the 3 would stay
        if _FACE_HINT.search(text, start, end):
            start, end = _without_faces(text, start, end)
        while start < end and _is_edge(text[end - 1]):
            end -= 1
        while start < end and _is_edge(text[start]):
            start += 1
    return start, end


def _without_faces(text: str, start: int, end: int) -> tuple[int, int]:
    if face := _FACE_LAST.search(text[start:end]):
        end = start + face.start()
    if face := _FACE_FIRST.search(text[start:end]):
        start += face.end()
    return start, end


def _is_edge(sign: str) -> bool:
    if sign.isalnum():
        return False
    if sign.isspace() or sign in _JOINERS or sign in _DRAWN or EMOJI.match(sign):
        return True
    return sign not in _MEANT and unicodedata.category(sign)[0] == "P"


def _wordless(text: str) -> str:
    """The emoji of a text without words, repeated ones once, or all of its signs."""
    emoji = "".join(sign for sign in text if EMOJI.match(sign) or sign in _JOINERS)
    plain = _SKIN.sub("", emoji).strip(_JOINERS)
    return re.sub(r"(.)\1+", r"\1", plain) or text


def _flaws(text: str) -> int:
    letters = [sign for sign in text if sign.isalpha()]
    return sum((
        bool(letters) and letters[0].islower(),
        len(letters) > 3 and text.isupper(),
        bool(_MARKS.search(text)),
        bool(EMOJI.search(text)),
        not text.endswith((".", "!", "?", "。", "！", "？", "؟", "।")),
    ))  # fmt: skip
