"""Inputs that a client's answers are compared on: the same for the same shape, ordinary and odd."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..data.spec import InputSpec

MOST_VALUES = 2**20
"""Pixels or features of all inputs of one file together, where that leaves a few at least."""
_ROWS, _FEWEST_ROWS = 512, 8
_EACH = 70
_WORDS = {
    "ascii": "are you coming to lunch today? ok thanks! see u @ 7pm... running late sorry, can't "
    'meet at home; call me ASAP :-) what time is it? #party 100% <b>&amp; "quoted" C:\\tmp a/b',
    "accents": "où es-tu ? ça va bien, merci à bientôt déjà naïve Grüße größer schön ÄÖÜ straße "
    "niño mañana ¿qué tal? źdźbło żółć příliš kůň čeština Đức tiếng Việt İstanbul ığdır cafe\u0301 "
    "n\u0303o A\u030angstro\u0308m Ελληνικά καλημέρα Привет как дела ﬁn Ⅷ ½ №",
    "emoji": "😀 👍 👍🏽 ❤️ 🎉🎉 👩‍👩‍👧‍👦 🇩🇪 🏴󠁧󠁢󠁷󠁬󠁳󠁿 1️⃣ 🤷‍♀️ ok great no lunch party see you 🫠 ☕ 🏳️‍🌈 💩",
    "right-to-left": "שלום מה שלומך? תודה רבה להתראות כן לא مرحبا كيف حالك؟ شكرا نعم لا إلى اللقاء "
    "\u200fok\u200f \u202bשלום\u202c ١٢٣ سلام خوبی 👍 یک دو",
    "other scripts": "今日は 元気ですか ありがとう 你好 谢谢 再见 안녕하세요 고마워 สวัสดี ขอบคุณ "
    "नमस्ते धन्यवाद ꯍꯥꯌ 𝓱𝓮𝓵𝓵𝓸 𠮷野家 ok\u00a0ok zero\u200bwidth",
}
_PLAIN = (
    "", " ", "  ", "\n", "\t\r\n", "\0", "a\0b", "\0\0ok", "ok\0", "\ufeffhello", "\x7f\x1b[31m",
    ".", "?!", "a", "é", "😀", "\u200d", "\ufffd", "\uffff", "\U0010ffff",
)  # fmt: skip
_SURROGATES = ("\ud800", "\udc00", "\udbff\ud800", "\udc00\ud800", "\ud83d", "\ude00\ud83d")
_BROKEN = (
    b"\xff", b"\x80", b"\xc3", b"\xc0\xaf", b"\xe2\x82", b"\xed\xa0\x80", b"\xf0\x9f\x98",
    b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xe9t\xe9", b"\xf0\x80\x80\x80",
    b"\xc3\x28\xa0\xa1",
)  # fmt: skip


@dataclass(frozen=True)
class VectorInput:
    """One input: `case` says of which kind. `message` is a text, which may hold lone surrogates;
    `raw` the bytes that it was decoded from, broken ones as U+FFFD; without a message `raw` goes
    into the input tensor as it is. `row` is an image or features instead.
    """

    case: str
    message: str | None = None
    raw: bytes | None = None
    row: np.ndarray | None = None


def vector_inputs(spec: InputSpec) -> list[VectorInput]:
    """More than 500 messages, or up to 512 images or rows of features, for a model of `spec`."""
    chosen = random.Random(0)  # its randrange and choice are the same on every machine
    if spec.kind == "text":
        return list(_texts(chosen, spec.shape[0]))
    return list(_rows(spec))


def _texts(chosen: random.Random, byte_length: int) -> Iterator[VectorInput]:
    for case, words in _WORDS.items():
        for _ in range(_EACH):
            yield VectorInput(case, " ".join(_some(chosen, words.split(), 1, 9)))
    for text in _PLAIN:
        yield VectorInput("empty" if not text.strip(" \n\t\r\0") else "few characters", text)
    yield from _long(chosen, byte_length)
    yield from _cut_inside(byte_length)
    yield from _lone_surrogates(chosen, byte_length)
    yield from _broken(chosen, byte_length)


def _some(chosen: random.Random, items: list[str], fewest: int, most: int) -> list[str]:
    return [chosen.choice(items) for _ in range(chosen.randrange(fewest, most + 1))]


def _long(chosen: random.Random, byte_length: int) -> Iterator[VectorInput]:
    words = " ".join(_WORDS.values()).split()
    for _ in range(40):
        text = " ".join(_some(chosen, words, byte_length // 2, byte_length))
        yield VectorInput("too long", text + " " + "z" * byte_length)
    for extra in (-1, 0, 1):
        yield VectorInput("about as long as fits", "x" * (byte_length + extra))
    yield VectorInput("too long", "word " * 20_000)


def _cut_inside(byte_length: int) -> Iterator[VectorInput]:
    """Characters of 2, 3 and 4 bytes that begin so many bytes before the end."""
    for character in ("é", "ש", "€", "本", "😀", "𠮷"):
        for before in range(min(5, byte_length)):
            start = ("can we meet " * byte_length)[: byte_length - before]
            yield VectorInput("cut inside a character", start + character + " later")
    for family in ("👩‍👩‍👧‍👦", "👍🏽", "e\u0301", "🇩🇪"):
        start = ("see you " * byte_length)[: max(0, byte_length - 6)]
        yield VectorInput("cut inside a character", start + family)


def _lone_surrogates(chosen: random.Random, byte_length: int) -> Iterator[VectorInput]:
    words = _WORDS["ascii"].split() + _WORDS["emoji"].split()
    for lone in _SURROGATES:
        yield VectorInput("lone surrogates", lone)
        for _ in range(3):
            first, last = (" ".join(_some(chosen, words, 1, 3)) for _ in range(2))
            yield VectorInput("lone surrogates", first + lone + last)
    for before in range(min(4, byte_length)):
        start = ("ok " * byte_length)[: byte_length - before]
        yield VectorInput("lone surrogates", start + "\ud83d tail")


def _broken(chosen: random.Random, byte_length: int) -> Iterator[VectorInput]:
    """Broken UTF-8 as decoders repair it, and straight in the input tensor."""
    words = _WORDS["accents"].split()
    for wrong in _BROKEN:
        whole = " ".join(_some(chosen, words, 1, 4)).encode()
        for raw in (wrong, whole + wrong, wrong + whole, whole + b"\xe2\x28" + wrong + b" ok"):
            yield VectorInput("broken UTF-8", raw.decode("utf-8", "replace"), raw)
            yield VectorInput("broken UTF-8 in the tensor", raw=raw[:byte_length])
    for _ in range(40):
        size = chosen.randrange(1, byte_length + 1)
        noise = bytes(chosen.randrange(1, 256) for _ in range(size))
        yield VectorInput("broken UTF-8 in the tensor", raw=noise)


def _rows(spec: InputSpec) -> Iterator[VectorInput]:
    """Edges of the range, noise, and smooth shapes, which are closer to what cameras give."""
    size = int(np.prod(spec.shape))
    count = min(_ROWS, max(_FEWEST_ROWS, MOST_VALUES // size))
    rng = np.random.default_rng(0)
    top = 255.0 if spec.dtype == "uint8" else 1.0
    for value in (0.0, top, top / 2):
        yield VectorInput("one value", row=_as(spec, np.full(spec.shape, value)))
    for number in range(count - 3):
        noise = rng.random(spec.shape) * top
        if number % 2:
            yield VectorInput("noise", row=_as(spec, noise))
            continue
        waves = np.cumsum(noise - top / 2, axis=0)
        waves = np.cumsum(waves, axis=1) if len(spec.shape) > 1 else waves
        scaled = (waves - waves.min()) / max(float(np.ptp(waves)), 1e-9) * top
        yield VectorInput("smooth", row=_as(spec, scaled))


def _as(spec: InputSpec, values: np.ndarray) -> np.ndarray:
    return values.astype(spec.dtype)
