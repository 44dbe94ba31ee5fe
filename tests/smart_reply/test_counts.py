import random
import sqlite3
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pnet_tf.errors import InputError, WorkError
from pnet_tf.smart_reply import counts as module
from pnet_tf.smart_reply.counts import LONGEST_COUNTED, Counts, count_responses
from pnet_tf.smart_reply.normal import normal_form
from pnet_tf.smart_reply.pairs import Pair

PAIRS = [
    Pair("a", "Yes."), Pair("b", "yes"), Pair("A", "Yes."), Pair("a", "No."), Pair("c", "Yes?"),
    Pair("so Ann", "Hi, Ann and ann"), Pair("d", "x" * (LONGEST_COUNTED + 1)), Pair("e", "\u200b"),
    Pair("f", "\ud83d"), Pair("g", "y" * LONGEST_COUNTED),
]  # fmt: skip


def test_counts_by_hand():
    with count_responses(PAIRS) as found:
        assert (found.pairs, found.long, found.wordless) == (10, 1, 1)
        assert list(found.frequent(1)) == [
            ("yes", 3), ("hi ann and ann", 1), ("no", 1), ("yes?", 1), ("yy", 1), ("\ud83d", 1),
        ]  # fmt: skip
        assert list(found.frequent(3)) == [("yes", 3)] and list(found.frequent(4)) == []
        assert found.surfaces("yes") == {"Yes.": 2, "yes": 1} and found.surfaces("none") == {}
        # "a" and "A" are one message
        assert [found.messages(key) for key in ("yes", "no", "none")] == [2, 1, 0]
        assert found.rare(2, 2) == (5, 5, [("hi ann and ann", 1), ("no", 1)])
        assert found.rare(1, 2) == (0, 0, [])


def test_words_within_sentences_are_counted():
    with count_responses(PAIRS) as found:
        names = found.names()
        assert [names.count(word) for word in ("Ann", "ann", "and", "so", "Yes")] == [2, 1, 1, 0, 0]
        assert names.share == 2 / 4


@pytest.mark.parametrize("cache_kib", [1, 1 << 14])
def test_what_lies_on_disk_is_counted_as_in_memory(monkeypatch, cache_kib):
    monkeypatch.setattr(module, "PENDING_SIZE", 1000)
    monkeypatch.setattr(module, "CACHE_KIB", cache_kib)
    rng = random.Random(0)
    pairs = [Pair(f"m{rng.randrange(50)}", f"r {rng.randrange(900)}!") for _ in range(5000)]
    expected = Counter(normal_form(pair.response) for pair in pairs)
    messages = Counter(response for _, response in set(pairs))
    with count_responses(iter(pairs)) as found:
        assert dict(found.frequent(1)) == expected
        assert sum(n for _, n in found.frequent(1)) == found.pairs == 5000
        for response, number in messages.items():
            assert found.messages(normal_form(response)) == number


@given(st.lists(st.tuples(st.sampled_from("abAB"), st.text("yY.? \ud83dé", max_size=4))), st.data())
def test_the_order_of_pairs_does_not_matter(rows, data):
    pairs = [Pair(*row) for row in rows]
    order = data.draw(st.permutations(pairs))
    with Counts() as one, Counts() as other:
        one.add(pairs)
        for pair in order:
            other.add([pair])
        found = list(one.frequent(1))
        assert found == list(other.frequent(1))
        assert sum(n for _, n in found) + one.wordless == one.pairs == len(rows)
        for key, _ in found:
            assert list(one.surfaces(key).items()) == list(other.surfaces(key).items())
            assert one.messages(key) == other.messages(key)


def test_surfaces_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "MOST_SURFACES", 2)
    with count_responses([Pair("a", text) for text in ("Yes!", "yes", "Yes", "yes", "yes.")]) as c:
        assert list(c.surfaces("yes").items()) == [("yes", 2), ("Yes", 1)]


def test_nothing_to_count():
    with pytest.raises(InputError, match="there is no pair; needed"):
        count_responses([])


def test_what_pairs_raise_passes_through():
    def pairs():
        yield PAIRS[0]
        raise InputError("row 2: damaged")

    with pytest.raises(InputError, match="row 2: damaged"):
        count_responses(pairs())


def test_a_full_disk_is_failed_work():
    with Counts() as found:
        found.add(PAIRS)
        found._base.execute("PRAGMA max_page_count = 1")  # SQLite's word for a full disk
        many = [Pair(str(i), f"response {i} " + "z y" * 50) for i in range(3000)]
        with pytest.raises(WorkError, match="cannot be counted in the temporary folder: .*full"):
            found.add(many)


def test_closed_counts_hold_nothing():
    found = count_responses(PAIRS)
    found.close()
    with pytest.raises(sqlite3.Error):
        found._base.execute("SELECT 1")
