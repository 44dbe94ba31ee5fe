import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pnet_tf.smart_reply.normal import best_surface, normal_form

TEXTS = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            " .,!?:;)(<3dDpPxX=^_-'’\"aAoOsS1#@%&*/|\t👍🏽😀❤\u200d\ufe0f\u0308\u0301؟،ßİ…ـ"
        ),
    )
)


@pytest.mark.parametrize(
    ("key", "texts"),
    [
        ("sounds good", [
            "Sounds good!", "sounds good", "Sounds  GOOD :)", "“Sounds good.”", "sounds good!!!",
            "... Sounds\tgood ...", "SOUNDS GOOD :D", "Sounds good 👍🏽👍", "sounds good <3",
            "xD sounds good", "Ｓｏｕｎｄｓ good", "sounds good ❤️!", "sounds\u200b good",
            "¡Sounds good!", ";-) sounds good =)",
            "(sounds good)", "sounds good ^_^", "- Sounds good",
        ]),
        ("it's ok", ["It's OK.", "it’s ok", "IT‘S OK", "it`s ok"]),
        ("ok", ["OK\u200d", "\u200cok"]),
        ("yes please", ["Yes, please.", "yes please", "Yes،please"]),
        ("no?", ["No?", "no ??", "No!?", "no?!", "no؟", "no😀?", "No？"]),
        ("soo good", ["soo good", "sooo good", "soooooo good"]),
        ("so good", ["so good"]),
        ("good", ["good", "goood", "GOOOOD"]),
        ("well. ok", ["well... ok", "well. OK", "well….. ok"]),
        ("1,000 of 3000000", ["1,000 of 3000000"]),
        ("👍", ["👍", "👍👍👍", "👍🏽", "👍!", "👍\ufe0f :)"]),
        ("👍😂", ["👍 😂😂"]),
        (":)", [":)", ":))", " :)))"]),
        ("!", ["!", "!!!"]),
        ("", ["", " \t", "\u200b", "\x00"]),
        ("c++", ["C++"]), ("100%", ["100%"]), ("@home", ["@Home!"]), ("#yes", ["#yes"]),
        ("dont", ["Dont"]), ("don't", ["Don't"]), ("u", ["u"]), ("you", ["You."]),
        ("i ❤ you", ["I ❤ you"]),
    ],
)  # fmt: skip
def test_texts_of_one_key(key, texts):
    assert {text: normal_form(text) for text in texts} == dict.fromkeys(texts, key)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("مَرْحَباً!", "مَرْحَباً"),  # vowel marks stay
        ("شكـــرا", "شكرا"),
        ("ما هذا؟", "ما هذا?"),
        ("תודה רבה!", "תודה רבה"),
        ("\u200fתודה\u200f", "תודה"),
        ("हाँ, ठीक है।", "हाँ ठीक है"),
        ("می\u200cخواهم.", "می\u200cخواهم"),
        ("好的，谢谢！", "好的 谢谢"),
        ("哈哈哈哈。", "哈哈"),
        ("Straße", "strasse"),
        ("Ça va ?", "ça va?"),
        ("C\u0327a va?", "ça va?"),
        ("สวัสดีครับ", "สวัสดีครับ"),
        ("네!", "네"),
    ],
)
def test_other_scripts(text, key):
    assert normal_form(text) == key


def test_what_must_differ():
    texts = ["Yes.", "Yes?", "Yes yes.", "yeah", "Yep", "I do not.", "I don't.", "so", "soo"]
    assert len({normal_form(text) for text in texts}) == len(texts)


@given(TEXTS)
@example("\u1100\u1100\u1100\u1161\u0301")
@example(":) :D <3 a ^_^ x'd")
@example("\ud83d ok \ud83d")
def test_idempotent_and_never_raises(text):
    key = normal_form(text)
    assert normal_form(key) == key
    assert key == " ".join(key.split())
    assert key or not any(sign.isalnum() for sign in text)


def test_letters_that_fold_in_odd_ways_keep_their_key():
    for place in (*range(0x2200), *range(0xFB00, 0x10000), *range(0x10400, 0x10450)):
        key = normal_form(f"x{chr(place)}x\u0345\u0301")
        assert normal_form(key) == key


@given(st.text("abc ,.!?"))
def test_case_ends_and_white_space_do_not_matter(text):
    if any(map(str.isalpha, text)) and not text.rstrip(" .!,").endswith("?"):
        assert normal_form(f' "{text.upper()}!" :)') == normal_form(text.replace(" ", "  "))


@pytest.mark.parametrize(
    ("surfaces", "best"),
    [
        ({"i see": 3, "I see.": 2}, "i see"),
        ({"i see.": 2, "I see.": 2}, "I see."),
        ({"I SEE.": 2, "I see.": 2}, "I see."),
        ({"I see!!": 2, "I see.": 2}, "I see."),
        ({"I see 😀.": 2, "I see.": 2}, "I see."),
        ({"I see": 2, "I see.": 2}, "I see."),
        ({"Oh!!": 2, "Oh, I see.": 2}, "Oh, I see."),
        ({"Oh 😀.": 2, "Oh, I see.": 2}, "Oh, I see."),
        ({"I see!": 2, "I see.": 2}, "I see!"),
        ({"I  see.": 2, "I see.": 2}, "I see."),
        ({"OK": 2, "ok": 2}, "OK"),
        ({"好的": 2, "好的。": 2}, "好的。"),
        ({"नमस्ते": 1, "नमस्ते।": 1}, "नमस्ते।"),
        ({"ok": 1}, "ok"),
    ],
)
def test_best_surface(surfaces, best):
    items = list(surfaces.items())
    assert best_surface(surfaces) == best_surface(dict(reversed(items))) == best


@given(st.dictionaries(st.text(max_size=8), st.integers(1, 3), min_size=1))
def test_best_surface_is_of_the_most_frequent_whatever_the_order(surfaces):
    best = best_surface(surfaces)
    assert surfaces[best] == max(surfaces.values())
    items = list(surfaces.items())
    random.Random(0).shuffle(items)
    assert best_surface(dict(items)) == best
