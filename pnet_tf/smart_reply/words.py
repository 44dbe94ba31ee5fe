"""Lists of words that replies must not hold: read, and found in spite of disguises."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from ..data.limits import shown
from ..errors import InputError
from ..files import read_text
from .normal import folded

DEFAULT_WORDS = Path(__file__).with_name("banned_words.txt")
BANNED, NAME, NUMBER = "banned word", "name", "number"
_PREFIXES = {"name": NAME, "number": NUMBER}
_INCLUDE = "+default"

_LEET: dict[int, int] = str.maketrans("1!0345$7@€|", "iioeasstael")
_LEET_L = _LEET | {ord("1"): ord("l")}
_MASK = r"[-#_.%&^+~@$!|]"
_SPELT = re.compile(r"(?<![^\W_])[^\W\d_](?:[\W_]{1,3}[^\W\d_](?![^\W_])){2,}")
_MASKED = re.compile(rf"(?<![^\W\d_])[^\W\d_]+(?:{_MASK}+[^\W\d_]+)+")
_STARRED = re.compile(r"[^\W\d_]\*+[^\W\d_]|[^\W\d_]\*{2,}")
_MIXED = re.compile("[a-z][\u0370-\u03ff\u0400-\u04ff]|[\u0370-\u03ff\u0400-\u04ff][a-z]")
_ACCENTS = re.compile("[\u0300-\u036f]")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts that put no space between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""


@dataclass(frozen=True)
class WordList:
    """Words and phrases by reason; `word*` stands for all words that begin so."""

    entries: tuple[tuple[str, str], ...]
    """(reason, entry), sorted; entries in the form of `_plain`."""

    def find(self, text: str) -> str | None:
        """Reason of the first entry that `text` holds as whole words, None without any.

        Seen through: case, accents, repeated letters ("asss" is "ass", "as" is not), digits and
        signs for letters (1 i l, 0 o, 3 e, 4 @ a, 5 $ s, 7 t), letters set apart ("f u c k",
        "f.u.c.k"), one or more signs in the place of letters ("f#ck"; words of at least four),
        letters of two alphabets in one word, and letters behind asterisks whatever they are.
        """
        plain = _plain(text)
        if _STARRED.search(plain) or _MIXED.search(plain):
            return BANNED
        for form in _forms(plain):
            for reason, pattern in self._patterns:
                if pattern.search(form):
                    return reason
        return BANNED if any(map(self._is_masked, _MASKED.findall(plain))) else None

    @cached_property
    def _patterns(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        reasons = sorted({reason for reason, _ in self.entries})
        return tuple((reason, _pattern(self._of(reason))) for reason in reasons)

    @cached_property
    def _whole(self) -> frozenset[str]:
        return frozenset(entry.rstrip("*") for entry in self._of(BANNED))

    def _of(self, reason: str) -> list[str]:
        return [entry for its, entry in self.entries if its == reason]

    def _is_masked(self, token: str) -> bool:
        """Whether a listed word of the same length fits where `token` shows letters."""
        pattern = re.compile("".join(c if c.isalpha() else "." for c in token))
        hidden = sum(not c.isalpha() for c in token)
        if len(token) < 4 or hidden > len(token) // 2:
            return False
        return any(pattern.fullmatch(word) for word in self._whole if word.isalpha())


def read_words(path: str | Path | None = None) -> WordList:
    """The list in a file, or the one shipped; a line `+default` adds the shipped one.

    A line is a word or phrase, `number: word` or `name: word`, or a comment after `#`. Raises
    InputError for a file that cannot be read or holds no word, for a line that shows no letter and
    for a line that stands there twice.
    """
    place = DEFAULT_WORDS if path is None else Path(path)
    found: dict[tuple[str, str], int] = {}
    include = False
    for line, text in _lines(read_text(place)):
        if text.lower() == _INCLUDE:
            include = True
            continue
        entry = _entry(text, f"{place} row {line}")
        if entry in found:
            raise InputError(
                f"{place} row {line}: {shown(text)} stands in row {found[entry]} too; allowed: once"
            )
        found[entry] = line
    if not found and not include:
        raise InputError(f"{place}: no word; needed: one word or phrase a line, or {_INCLUDE}")
    shipped = read_words().entries if include else ()
    return WordList(tuple(sorted({*found, *shipped})))


def make_words(words: Iterable[str], names: Iterable[str] = ()) -> WordList:
    """A list of words and names in memory; raises InputError for one that shows no letter."""
    banned = {_entry(word, "words") for word in words}
    return WordList(tuple(sorted(banned | {_entry(f"name: {name}", "names") for name in names})))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if content := line.partition("#")[0].strip():
            yield number, content


def _entry(text: str, where: str) -> tuple[str, str]:
    prefix, colon, rest = text.partition(":")
    if colon and prefix.strip().lower() not in _PREFIXES:
        raise InputError(
            f"{where}: {shown(text)} is no word; allowed: a word, or one after"
            f" {' or '.join(f'{name}:' for name in _PREFIXES)}"
        )
    word = _plain(rest if colon else text).strip(" .,!?;\"'")
    if not any(map(str.isalpha, word)) or "*" in word.rstrip("*"):
        raise InputError(
            f"{where}: {shown(text)} is no word; allowed: letters, and one * at the end"
        )
    stem = word.rstrip("*")
    return _PREFIXES.get(prefix.strip().lower(), BANNED) if colon else BANNED, (
        f"{stem}*" if word != stem else stem
    )


def _plain(text: str) -> str:
    """Folded, without accents of Latin letters and joiners."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", folded(text)))
    return unicodedata.normalize("NFC", bare.replace("\u200c", "").replace("\u200d", ""))


def _forms(plain: str) -> Iterator[str]:
    """`plain`, with signs read as letters, and both with letters set apart joined."""
    for form in dict.fromkeys((plain, plain.translate(_LEET), plain.translate(_LEET_L))):
        yield form
        joined = _SPELT.sub(lambda m: re.sub(r"[\W_]+", "", m[0]), form)
        if joined != form:
            yield joined


def _pattern(entries: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_one, entries)) or r"(?!)")


def _one(entry: str) -> str:
    """Each run of k letters as k or more, between ends of words where the script has any."""
    stem = entry.rstrip("*")
    runs = re.finditer(r"\s+|(\S)\1*", stem)
    body = "".join(r"[\W_]+" if run[0].isspace() else _run(run[0]) for run in runs)
    if _UNSPACED.search(stem):
        return body
    return f"(?<!{_letter()}){body}" + ("" if entry != stem else f"(?!{_letter()})")


def _run(letters: str) -> str:
    more = "," if letters.isalpha() else ""
    return f"{re.escape(letters[0])}{{{len(letters)}{more}}}"


@lru_cache(maxsize=1)
def _letter() -> str:
    """A letter, digit or combining mark; `re` counts no mark, a vowel of Hindi say, to words."""
    marks = [place for place in range(0x10000) if unicodedata.category(chr(place))[0] == "M"]
    return rf"(?:[^\W_]|[{_ranges(marks)}])"


def _ranges(places: list[int]) -> str:
    """A class of `re` for ascending code points, neighbours as a range."""
    text, first = "", places[0]
    for here, after in zip(places, [*places[1:], -1], strict=True):
        if after != here + 1:
            text += f"{chr(first)}-{chr(here)}"
            first = after
    return text
