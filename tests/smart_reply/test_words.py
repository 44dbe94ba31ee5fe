import pytest
from hypothesis import given
from hypothesis import strategies as st

from pnet_tf.errors import InputError
from pnet_tf.smart_reply.words import BANNED, NAME, NUMBER, WordList, make_words, read_words

SHIPPED = read_words()


@pytest.mark.parametrize(
    "text",
    [
        "Oh shit!", "SHIT", "shiiiit", "sshhiitt", "sh1t", "$hit", "sh!t happens", "sh*t", "s***",
        "f**k", "f u c k off", "f.u.c.k", "F-U-C-K", "fuuuuck", "fück", "f\u200buck", "f\u200duck",
        "fu\u0301ck", "ｆｕｃｋ", "f#ck", "f_ck", "fuсk", "fucking great", "You ASSHOLE", "@sshole",
        "a$$", "asss", "kick my ass.", "he11", "b1tch", "bi7ch", "b!tch", "Shut up!", "shut   up",
        "shut-up", "sex?", "porno", "kill him", "drop dead", "f u", "👍 fuck 👍", "(shit)",
        "_shit_",
    ],
)  # fmt: skip
def test_banned_in_every_disguise(text):
    assert SHIPPED.find(text) == BANNED


@pytest.mark.parametrize(
    "text",
    [
        "Scunthorpe", "I am in class.", "Pass me the glass.", "As you like.", "assistant",
        "Hello!", "shell", "Sussex", "skill", "begun", "Essex", "grape", "therapist", "analysis",
        "cocktail", "Dickens", "title", "shoes.", "document", "I a m", "a s a p", "as",
        "He'll do it.", "We'll see.", "it's hit", "shut down", "up", "t-shirt", "well-known",
        "e-mail", "damp", "grass", "mass", "bass", "Arsenal", "peacock", "weekend", "raccoon",
        "U S A", "hel",
        "That's right.But", "so*", "*sigh*", "no. one", "for one", "often", "tent", "Let's go!",
    ],
)  # fmt: skip
def test_innocent_words_pass(text):
    assert SHIPPED.find(text) is None


@pytest.mark.parametrize(
    "text",
    ["Ten minutes.", "At seven o'clock.", "seven o’clock", "Half past!", "TWO", "twenty-five"],
)
def test_number_words(text):
    assert SHIPPED.find(text) == NUMBER


def test_phrases_stems_and_names():
    words = make_words(["bad thing", "rot*"], ["Ann Lee"])
    assert words.find("a bad   thing!") == words.find("Rotten") == words.find("rot") == BANNED
    assert words.find("thanks, ann lee") == NAME
    for text in ("bad", "things, bad", "carrot", "Annlee", "Joann Lee"):
        assert words.find(text) is None


def test_other_scripts():
    words = make_words(["كلب", "की", "坏", "жаба"])
    for text in ("يا كلب!", "की?", "他很坏。", "Жаба", "ж а б а"):
        assert words.find(text) == BANNED
    # a vowel sign makes another word; Chinese has no spaces to tell words by
    for text in ("كلبي", "कीं", "किताब", "жабарь"):
        assert words.find(text) is None


def test_masked_letters_need_half_of_a_word_of_four():
    words = make_words(["duck", "cat", "goose"])
    assert words.find("d#ck") == words.find("d##k") == BANNED
    for text in ("d#.k-c", "c#t", "d.u-d", "du#", "g###e"):
        assert words.find(text) is None


def write(folder, text):
    path = folder / "words.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file_replaces_or_extends_the_shipped_list(tmp_path):
    text = "\ufeff# mine\n\nfoo  # why\r\nname: Ann\nNumber: zwei\nSHIT\n"
    own = read_words(write(tmp_path, text))
    assert own.entries == (
        (BANNED, "foo"), (BANNED, "shit"), (NAME, "ann"), (NUMBER, "zwei"),
    )  # fmt: skip
    assert own.find("fuck") is None
    more = read_words(write(tmp_path, f"{text}+default\n"))
    assert set(more.entries) == {*own.entries, *SHIPPED.entries}
    assert more.find("fuck") == more.find("foo") == BANNED
    assert read_words(write(tmp_path, "+Default")) == SHIPPED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"words.txt: no word; needed: one word or phrase a line, or \+default"),
        ("# nothing\n\n", "no word; needed"),
        ("foo\nbar\nFOO!\n", "row 3: 'FOO!' stands in row 1 too; allowed: once"),
        ("foo\n123\n", "row 2: '123' is no word; allowed: letters"),
        ("f*o\n", r"row 1: 'f\*o' is no word; allowed: letters, and one \* at the end"),
        ("*\n", "is no word"),
        ("name:\n", "'name:' is no word"),
        ("place: Rome\n", "'place: Rome' is no word; allowed: a word, or one after name: or"),
        (b"caf\xe9\n", "is not UTF-8 text: byte 3"),
    ],
)
def test_refuses_lists(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_words(write(tmp_path, text))


def test_refuses_what_is_no_file(tmp_path):
    for path, message in ((tmp_path / "none.txt", "does not exist"), (tmp_path, "no plain file")):
        with pytest.raises(InputError, match=message):
            read_words(path)
    with pytest.raises(InputError, match="names: 'name: 7' is no word"):
        make_words([], ["7"])


@given(st.text(max_size=40))
def test_any_text_has_an_answer(text):
    assert SHIPPED.find(text) in (None, BANNED, NAME, NUMBER)


@given(st.text(max_size=40))
def test_an_empty_list_finds_only_masks(text):
    if "*" not in text and text.isascii():
        assert WordList(()).find(text) is None


@given(st.sampled_from(["duck", "goose", "a bad egg"]), st.data())
def test_repeated_letters_change_nothing(word, data):
    more = "".join(sign * data.draw(st.integers(1, 3)) for sign in word)
    assert make_words([word]).find(f"oh {more}!") == BANNED
