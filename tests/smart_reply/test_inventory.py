import random
import re

import pytest

from pnet_tf.errors import InputError
from pnet_tf.smart_reply.counts import count_responses
from pnet_tf.smart_reply.inventory import (
    BEYOND,
    MOST_EXAMPLES,
    ONE_SIDED,
    RARE,
    Rejected,
    Response,
    default_fewest,
    make_inventory,
)
from pnet_tf.smart_reply.pairs import Pair
from pnet_tf.smart_reply.safety import HIDDEN, LONG, WORDLESS
from pnet_tf.smart_reply.words import BANNED, NAME, NUMBER, make_words

COUNTED = {
    "Yes.": 5, "yes": 3, "No.": 4, "I see.": 4, "At 5.": 6, "Oh shit!": 4, "Rare.": 2, "Rarer": 1,
    "Thanks, Mary.": 3, "Hi Mary": 2, "Yes, Please": 1, "Yes, please": 1, "yes please!": 1,
    "o" * 501: 2, "\u200b": 1,
}  # fmt: skip


def pairs_of(counted):
    """Each response as often as told, to a message of its own each time."""
    texts = [text for text, count in counted.items() for _ in range(count)]
    return [Pair(f"message {i} and so on", text) for i, text in enumerate(texts)]


def inventory(counted, **options):
    with count_responses(counted if isinstance(counted, list) else pairs_of(counted)) as counts:
        return make_inventory(counts, **options)


def test_an_inventory_by_hand():
    found = inventory(COUNTED, fewest=3)
    assert found.responses == (
        Response("yes", "Yes.", 8, (("Yes.", 5), ("yes", 3))),
        Response("i see", "I see.", 4, (("I see.", 4),)),
        Response("no", "No.", 4, (("No.", 4),)),
        Response("yes please", "Yes, please", 3, (("Yes, please", 1), ("yes please!", 1))),
    )
    assert found.rejected == (
        Rejected(NUMBER, 1, 6, (("At 5.", 6),)),
        Rejected(RARE, 3, 5, (("Hi Mary", 2), ("Rare.", 2), ("Rarer", 1))),
        Rejected(BANNED, 1, 4, (("Oh shit!", 4),)),
        Rejected(NAME, 1, 3, (("Thanks, Mary.", 3),)),
        Rejected(LONG, 2, 2, ()),
        Rejected(WORDLESS, 1, 1, ()),
    )
    assert (found.pairs, found.covered, found.fewest) == (40, 19 / 40, 3)
    assert found.names_checked is True
    assert found.places() == {"yes": 0, "i see": 1, "no": 2, "yes please": 3}
    assert sum(r.pairs for r in found.rejected) + 19 == found.pairs


def test_the_order_of_rows_does_not_matter():
    pairs = pairs_of(COUNTED)
    first = inventory(pairs, fewest=2)
    for seed in range(3):
        random.Random(seed).shuffle(pairs)
        assert inventory(pairs, fewest=2) == first


def test_copies_of_one_conversation_are_no_reply():
    pairs = [Pair("who bit him?", "The dog did.")] * 9 + pairs_of({"Yes.": 3, "No.": 3})
    found = inventory(pairs)
    assert [r.text for r in found.responses] == ["No.", "Yes."]
    assert found.rejected == (Rejected(ONE_SIDED, 1, 9, (("The dog did.", 9),)),)
    assert inventory(pairs, fewest_messages=1).responses[0].text == "The dog did."


def test_the_most_frequent_replies_are_kept():
    found = inventory({"Yes.": 3, "No.": 5, "At 5.": 9, "OK.": 4}, most_replies=2)
    assert [r.text for r in found.responses] == ["No.", "OK."]
    assert found.rejected[1] == Rejected(BEYOND, 1, 3, (("Yes.", 3),))


def test_bounds_and_words_are_passed_on():
    counted = {"A b c.": 3, "Yes.": 3, "No.": 3, "Nobody.": 3, "Oh shit.": 3}
    found = inventory(counted, most_words=2, most_characters=8, words=make_words(["no"]))
    assert [r.text for r in found.responses] == ["Nobody.", "Oh shit.", "Yes."]
    found = inventory(counted, most_characters=7)
    assert [r.text for r in found.responses] == ["A b c.", "No.", "Nobody.", "Yes."]


def test_unsafe_surfaces_are_left_out_and_half_must_be_safe():
    counted = {"Yes.": 2, "Yes\u202e": 2, "No.": 2, "No\u202e": 3, "OK.": 3}
    found = inventory(counted, fewest=3)
    assert [(r.text, r.count, r.surfaces) for r in found.responses] == [
        ("Yes.", 4, (("Yes.", 2),)), ("OK.", 3, (("OK.", 3),)),
    ]  # fmt: skip
    assert found.rejected == (Rejected(HIDDEN, 1, 5, (("No\u202e", 5),)),)


def test_examples_are_bounded_and_the_most_frequent():
    counted = {f"At {n}.": 5 + n for n in range(MOST_EXAMPLES + 5)}
    (rejected,) = inventory({**counted, "Yes.": 3, "No.": 3}).rejected
    assert (rejected.responses, len(rejected.examples)) == (MOST_EXAMPLES + 5, MOST_EXAMPLES)
    assert rejected.examples[0] == (f"At {MOST_EXAMPLES + 4}.", MOST_EXAMPLES + 9)


def test_default_fewest_grows_with_pairs():
    sizes = (1, 6_000, 64_000, 199_999, 200_000, 1_000_000, 10_000_000)
    assert [default_fewest(n) for n in sizes] == [3, 3, 3, 3, 4, 20, 200]


@pytest.mark.parametrize(
    ("counted", "options", "message"),
    [
        ({"Yes.": 2, "No.": 1}, {},
         "no response is kept; needed: two or more that occur at least 3 times; the most frequent"
         " of 3 pairs occurs 2 times; thrown away: 2 too rare; lower fewest .--fewest. and"
         " fewest_messages .--fewest-messages.$"),
        ({"Yes.": 3, "No.": 1}, {}, "only one response is kept, 'Yes.'; .*1 too rare; lower"),
        ({"Yes.": 3}, {"fewest": 1}, "only one response is kept, 'Yes.'.*none; give more pairs"),
        ({"At 5.": 7, "6": 7}, {"fewest": 1}, "occurs 7 times.*2 number; give more pairs"),
        ({"Yes.": 3, "No.": 3}, {"most_replies": 1},
         "'No.'.*1 beyond.*; raise most_replies .in Python.$"),
        ({"Yes.": 3, "No.": 3}, {"fewest_messages": 4},
         "no response.*; lower fewest_messages .--fewest-messages.$"),
        ({"Yes.": 3, "No.": 1}, {"fewest": 4}, "2 too rare; lower fewest .--fewest.$"),
        ({"Yes.": 3, "A b": 3, "b": 1}, {"most_words": 1},
         "1 too long, 1 too rare; lower fewest .--fewest. and .* or raise most_words or .*"),
        ({"Yes.": 3}, {"fewest": 0}, "fewest must be a whole number of at least 1, got 0"),
        ({"Yes.": 3}, {"fewest": True}, "fewest must be .* got True"),
        ({"Yes.": 3}, {"most_replies": 0}, "most_replies must be .* got 0"),
        ({"Yes.": 3}, {"fewest_messages": 1.5}, "fewest_messages must be .* got 1.5"),
        ({"Yes.": 3}, {"most_words": 0}, "most_words must be a whole number 1..500, got 0"),
    ],
)  # fmt: skip
def test_refuses(counted, options, message):
    with pytest.raises(InputError, match=message) as raised:
        inventory(counted, **options)
    assert len(re.findall(r"\. ", str(raised.value))) == 0  # one sentence
