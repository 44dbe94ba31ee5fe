from collections import Counter

import pytest

from pnet_tf.smart_reply.names import (
    MOST_CAPITALS,
    Names,
    capitalised,
    is_capitalised,
    words_within,
)


def names(counts, share=0.02):
    return Names(lambda word: counts.get(word, 0), share)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi, Mary. John is here", ["Mary", "is", "here"]),
        ("We met on Monday! Then Ann left.", ["met", "on", "Monday", "Ann", "left"]),
        ("it's Ann's 2 Dogs", ["Ann", "Dogs"]),
        ("מה שלומך Ann", ["שלומך", "Ann"]),
        ("Ann", []),
        ('He said: "Yes Sir" (Bob)', ["said", "Sir"]),
        ("", []),
    ],
)
def test_words_within_sentences(text, expected):
    assert words_within(text) == expected


def test_capitals():
    words = ["Ann", "ann", "ANN", "A", "Éva", "Ал", "McCoy", ""]
    assert [w for w in words if is_capitalised(w)] == ["Ann", "Éva", "Ал"]
    assert capitalised(Counter({"Ann": 3, "OK": 5, "so": 7, "Bob": 2})) == 5


@pytest.mark.parametrize(
    ("capital", "small", "name"),
    [(2, 0, True), (1, 0, False), (8, 2, True), (7, 2, False), (80, 21, False), (0, 0, False)],
)
def test_a_name_is_a_word_mostly_capitalised(capital, small, name):
    found = names({"Mary": capital, "mary": small})
    for text in ("Hi, dear Mary there", "Mary?", "thanks mary", "MARY!", "Mary's"):
        assert (found.held_by(text) is not None) is name
    assert found.held_by("Marys") is None
    assert names({"X": 9, "Y": 9}).held_by("Plan X or Y") is None


@pytest.mark.parametrize(
    "text", ["See you on Monday.", "I'm OK.", "In English, sir.", "Oh my God", "Hi, Mom", "Yes, I"]
)
def test_common_words_with_capitals_are_no_names(text):
    counts = Counter(dict.fromkeys(["Monday", "English", "God", "Mom", "Ok", "I", "Oh"], 50))
    assert names(counts).held_by(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Thanks, Will.", "Will"), ("Thanks, will.", None), ("Thanks, WILL.", None),
        ("Thanks, Will you?", None), ("Good morning, Mr. Low", "Low"), ("Yes, mrs Low!", "Low"),
        ("Dr. low", None), ("Will do.", None), ("Thanks, Dad!", None), ("Miss him?", None),
        ("Yes, Will 😀", "Will"),
    ],
)  # fmt: skip
def test_who_is_called_or_has_a_title(text, name):
    assert names({"will": 99, "Will": 1, "low": 99}).held_by(text) == name


def test_capitals_tell_nothing_where_nouns_have_them():
    counts = {"Dank": 50}
    assert names(counts, MOST_CAPITALS).held_by("Vielen Dank") == "Dank"
    german = names(counts, MOST_CAPITALS + 0.01)
    assert not german.usable
    assert german.held_by("Vielen Dank") is german.held_by("Danke, Herr Mr. Low") is None
