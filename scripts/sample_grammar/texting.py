"""What texting does to English: lower case, abbreviations, punctuation, emoji, slips of thumbs."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from .grammar import pick, pick_weighted

STYLES = {"proper": 0.3, "casual": 0.45, "texting": 0.25}
TYPO_RATE = 0.05
ABBREVIATIONS = {
    "you": "u", "are": "r", "your": "ur", "you're": "ur", "tomorrow": "tmrw", "please": "pls",
    "thanks": "thx", "tonight": "2nite", "because": "cuz", "people": "ppl", "right": "rite",
    "great": "gr8", "later": "l8r", "before": "b4", "about": "abt", "weekend": "wknd",
    "birthday": "bday", "message": "msg", "minutes": "min", "see": "c", "why": "y",
    "morning": "mornin", "probably": "prob", "don't know": "dunno", "what's up": "sup",
    "want to": "wanna", "going to": "gonna", "got to": "gotta", "let me": "lemme",
    "be right back": "brb", "by the way": "btw", "oh my god": "omg", "kind of": "kinda",
}  # fmt: skip
SELDOM = {"are", "tonight", "right", "why", "see", "later", "great"}
_WORDS = re.compile(
    r"(?<![\w'/@.])(" + "|".join(sorted(ABBREVIATIONS, key=len, reverse=True)) + r")(?![\w'@]|\.\w)"
)
_NAMES = re.compile(
    r"\b(i|monday|tuesday|wednesday|thursday|friday|saturday|sunday|christmas|easter|english)\b"
)
_START = re.compile(r"(^|(?<=[.!?] ))([a-z])(?!\w*[.@]\w)")
_LONG_WORD = re.compile(r"(?<![\w'/@.:])[a-z]{4,}(?![\w'/@:]|\.\w)")


def texted(text: str, emoji: Sequence[str], rng: random.Random, emoji_rate: float = 0.18) -> str:
    """`text` as one of many people would type it."""
    style = pick_weighted(rng, STYLES)
    text = proper(text) if style == "proper" else _careless(text, style == "texting", rng)
    if rng.random() < TYPO_RATE:
        text = with_typo(text, rng)
    return with_emoji(text, emoji, rng) if emoji and rng.random() < emoji_rate else text


def proper(text: str) -> str:
    """Capitals where English has them."""
    text = _NAMES.sub(lambda m: m[0].capitalize(), text)
    return _START.sub(lambda m: m[0].upper(), text)


def abbreviated(text: str, rng: random.Random) -> str:
    """Most words that have an abbreviation abbreviated, some words seldom."""

    def short(found: re.Match[str]) -> str:
        word = found[0]
        return ABBREVIATIONS[word] if rng.random() < (0.3 if word in SELDOM else 0.75) else word

    return _WORDS.sub(short, text)


def _careless(text: str, abbreviate: bool, rng: random.Random) -> str:
    text = text.lower() if "://" in text or rng.random() < 0.8 else text
    text = abbreviated(text, rng) if abbreviate else text
    if rng.random() < (0.8 if abbreviate else 0.4):
        text = text.replace("'", "")
    if text.endswith("."):
        text = text[:-1]
    if text.endswith("?"):
        ending = pick_weighted(rng, {"?": 0.66, "": 0.2, "??": 0.12, "???": 0.02})
        return text[:-1] + ending
    if text.endswith("!"):
        ending = pick_weighted(rng, {"!": 0.55, "": 0.2, "!!": 0.2, "!!!": 0.05})
        return text[:-1] + ending
    return text


def with_typo(text: str, rng: random.Random) -> str:
    """One letter of one long word dropped, doubled or swapped with the next; the first stays."""
    words = list(_LONG_WORD.finditer(text))
    if not words:
        return text
    word = pick(rng, words)
    at = word.start() + 1 + int(rng.random() * (len(word[0]) - 2))
    kind = pick(rng, ("drop", "double", "swap"))
    middle = {"drop": "", "double": text[at] * 2, "swap": text[at + 1] + text[at]}[kind]
    return text[:at] + middle + text[at + (2 if kind == "swap" else 1) :]


def with_emoji(text: str, emoji: Sequence[str], rng: random.Random) -> str:
    """`text` with an emoji at its end, now and then twice the same."""
    return f"{text} {pick(rng, emoji) * (2 if rng.random() < 0.15 else 1)}"


def varied(form: str, emoji: Sequence[str], rng: random.Random) -> str:
    """A short reply in another spelling: case, closing punctuation, emoji, now and then a slip."""
    kind = pick_weighted(
        rng, {"same": 0.9, "case": 0.035, "!": 0.025, ".": 0.01, "emoji": 0.025, "typo": 0.005}
    )
    bare = form.rstrip(".!")
    if kind == "case":
        return form[0].swapcase() + form[1:]
    if kind in "!." and not bare.endswith("?") and bare[-1].isascii():
        return bare + kind
    if kind == "emoji" and emoji and bare[-1].isascii():
        return with_emoji(form, emoji, rng)
    return with_typo(form, rng) if kind == "typo" else form
