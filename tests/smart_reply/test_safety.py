import pytest
from hypothesis import given
from hypothesis import strategies as st

from pnet_tf.errors import InputError
from pnet_tf.smart_reply.names import Names
from pnet_tf.smart_reply.safety import (
    HANDLE,
    HIDDEN,
    LINK,
    LONG,
    REASONS,
    WORDLESS,
    Filter,
    why_banned,
)
from pnet_tf.smart_reply.words import BANNED, NAME, NUMBER, make_words, read_words

WORDS = read_words()
NAMES = Names(lambda word: 9 * (word == "Mary"), 0.02)


@pytest.mark.parametrize(
    ("reason", "texts"),
    [
        (HIDDEN, ["a\x00b", "a\x1b[0m", "a\nb", "ok \u202egnp", "\u2066ok\u2069", "\ud83d ok",
                  "\u2800"]),
        (LINK, ["www.x.y", "see http://x", "go to example.com", "mail me@x.org", "C:\\temp",
                "~/notes/a", "it's on /usr/bin", "example dot com", "Example.CO.UK", "a@b"]),
        (HANDLE, ["ask @ann", "@ann", "so #blessed", "# yes"]),
        (NUMBER, ["7", "at 5.", "٣ دقائق", "१ मिनट", "Ⅷ", "½ please", "2nd", "call 555-1234",
                  "$ 10.", "x²", "ten minutes", "①"]),
        (BANNED, ["oh shit", "sh1t", "f u c k"]),
        (WORDLESS, ["...", "?!", ":)", "-", "$", "", " "]),
        (NAME, ["Hi, Mary!", "mary?", "Thanks, Bob."]),
        (None, ["Yes.", "👍", "❤️", "我不知道。", "ठीक है", "نعم", "That's all, thanks!",
                "and/or", "Hi!", "Sounds good :)", "OK.So what?", "I'm from the U.S.", "Why? ...",
                "one more", "P.S."]),
    ],
)  # fmt: skip
def test_reasons(reason, texts):
    assert {text: why_banned(text, WORDS, NAMES) for text in texts} == dict.fromkeys(texts, reason)


def test_names_are_listed_or_known_from_the_corpus():
    listed = make_words([], ["Will"])
    assert why_banned("will do", listed) == NAME
    assert why_banned("Hi, Mary!", WORDS) is None


def test_bounds_of_length():
    judge = Filter(make_words(["x"]), None, most_words=3, most_characters=12)
    assert judge.why_banned("one for all") is None
    assert judge.why_banned("one for all.") is None
    assert judge.why_banned("one for all..") == LONG
    assert judge.why_banned("a b c d") == LONG
    assert Filter(WORDS).why_banned("word " * 1_000_000) == LONG
    assert Filter(WORDS).why_banned("a b c d e f g h") is None
    assert Filter(WORDS).why_banned("a b c d e f g h i") == LONG
    assert Filter(WORDS).why_banned("y" * 60) is None
    assert Filter(WORDS).why_banned("y" * 61) == LONG


@pytest.mark.parametrize("value", [0, 501, 2.5, "3", True])
def test_refuses_bounds(value):
    for key in ("most_words", "most_characters"):
        with pytest.raises(InputError, match=f"{key} must be a whole number 1..500, got {value!r}"):
            Filter(WORDS, **{key: value})


@given(st.text(max_size=60))
def test_any_text_has_an_answer(text):
    assert Filter(WORDS, NAMES).why_banned(text) in (None, *REASONS)


@given(st.text(max_size=20), st.sampled_from(["7", "@x", " shit ", "\u202e", "a@b.c", "www.a"]))
def test_what_is_banned_is_so_within_any_text(text, bad):
    assert Filter(WORDS).why_banned(f"{text} {bad} {text}") is not None
