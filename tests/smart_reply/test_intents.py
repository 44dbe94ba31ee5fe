from functools import partial

import numpy as np
import pytest
from scipy.sparse import csr_array

from pnet_tf.errors import InputError
from pnet_tf.smart_reply import links, messages
from pnet_tf.smart_reply.bits import UNIT, hashed, lengthened, pooled, units
from pnet_tf.smart_reply.corpus import Corpus, message_id, read_corpus, share
from pnet_tf.smart_reply.intents import default_intents, intent_name
from pnet_tf.smart_reply.local import soft_labels
from pnet_tf.smart_reply.pairs import Pair
from pnet_tf.smart_reply.polarity import read_polarity
from pnet_tf.smart_reply.seeds import choose_seeds, place_seeds, read_reply_seeds


def test_likeness_of_spelling():
    vectors = pooled(["Thank you.", "thank you", "Thank you so much", "the train leaves", "?"])
    assert vectors.shape == (5, 256)
    assert np.allclose(np.linalg.norm(vectors[:4], axis=1), 1, atol=1e-3)  # rounded to 1 / UNIT
    assert (vectors[0] == vectors[1]).all()
    assert vectors[0] @ vectors[2] > 0.6 > 0.4 > vectors[0] @ vectors[3]
    bits = hashed(vectors)
    assert (bits[0] != bits[2]).sum() < (bits[0] != bits[3]).sum()


def test_texts_do_not_depend_on_their_batch():
    texts = [f"message number {n} of many" for n in range(600)]
    assert np.array_equal(pooled(texts)[590:], pooled(texts[590:]))
    bits = hashed(pooled(texts))
    assert np.array_equal(np.vstack([hashed(pooled([text])) for text in texts[:9]]), bits[:9])


def test_lengths_by_hand():
    found = lengthened(np.array([[3, 4], [0, 0], [-1, 0], [1, 1]]))
    root = round(UNIT / 2**0.5)
    assert found.tolist() == [[round(0.6 * UNIT), round(0.8 * UNIT)], [0, 0], [-UNIT, 0],
                              [root, root]]  # fmt: skip
    assert found.dtype == np.int16 and not units([" "]).any()


def test_a_corpus_by_hand():
    pairs = [Pair("A?", "Yes."), Pair("b", "Never."), Pair("a?", "yes!"), Pair("c", "No")]
    found = read_corpus(pairs, {"no": 0, "yes": 1})
    assert {*found.messages} == {"a?", "c"}
    assert found.ids.tolist() == sorted(map(message_id, ("a?", "c")))
    assert found.ids.tolist() == [message_id(message) for message in found.messages]
    edges = zip(found.rows.tolist(), found.columns.tolist(), found.counts.tolist(), strict=True)
    assert {(found.messages[row], column, n) for row, column, n in edges} == {
        ("a?", 1, 2), ("c", 0, 1),
    }  # fmt: skip


def test_contexts_by_hand():
    # response 0 answers one message, response 1 two of the same length at right angles
    sums = np.array([[7, 0], [5, 5], [0, 0]])
    found = links.contexts(sums, np.array([1, 2, 0]))
    shorter = np.sqrt(1 / (1 + links.FEW))
    both = np.sqrt(2 / (2 + links.FEW)) / np.sqrt(2)
    assert np.allclose(found, [[shorter, 0], [both, both], [0, 0]])


def test_vectors_away_from_their_mean():
    vectors = np.array([[UNIT, 0], [0, UNIT]], np.int16)
    mean = links.middle(vectors.sum(axis=0, dtype=np.int64), 2)
    assert mean.tolist() == [UNIT // 2, UNIT // 2]
    root = round(UNIT / 2**0.5)
    assert links.away(vectors, mean).tolist() == [[root, -root], [-root, root]]


def test_edges_join_like_responses_of_one_kind():
    random = np.random.default_rng(0)
    base = random.normal(size=(3, 256))
    vectors = links.centred(np.repeat(base, 3, axis=0) + 0.2 * random.normal(size=(9, 256)))
    kinds = np.array([0, 0, 1, 0, 0, 0, 0, 0, 0])
    i, j, weights = links.response_edges(vectors, vectors, common(np.zeros((4, 9))), kinds)
    assert set(zip(i.tolist(), j.tolist(), strict=True)) == {
        (0, 1), (3, 4), (3, 5), (4, 5), (6, 7), (6, 8), (7, 8),
    }  # fmt: skip
    assert np.allclose(weights, (vectors[i] * vectors[j]).sum(axis=1), atol=1e-5)
    one = np.repeat(7 * np.eye(3), 3, axis=1)  # each group answers one message
    more = links.response_edges(vectors, vectors, common(one), kinds)
    assert np.allclose(more[2], weights + links.SHARED_WEIGHT, atol=1e-5)


def common(answered):
    """`links.overlaps` of a matrix [messages, responses]."""
    return partial(links.overlaps, csr_array(np.asarray(answered, np.int64)))


def test_answers_by_hand():
    # response 0 answers messages a and b, response 1 answers b; b is near c, by 0.5
    one = links.LINK_UNIT
    half = round(one / 2**0.5)  # b has two responses
    assert links.damped(np.array([1, 2])).tolist() == [one, half]
    own = csr_array(np.array([[one, 0], [half, half], [0, 0]]))
    near = csr_array(np.array([[0, 0, 0], [0, 0, one // 2], [0, one // 2, 0]]))
    found = links.answers(own, near @ own)
    assert found.toarray().tolist() == [[one, 0], [half, half], [half // 2, half // 2]]
    i, j = np.array([0, 1, 0, 0]), np.array([1, 1, 0, 1])
    both = half**2 + (half // 2) ** 2
    assert links.overlaps(found, i, j).tolist() == [both, both, one**2 + both, both]
    parts = [links.overlaps(found[row : row + 1], i, j) for row in range(3)]
    assert np.array_equal(sum(parts), links.overlaps(found, i, j))


def test_the_likest_of_each_end_stay(monkeypatch):
    monkeypatch.setattr(links, "MOST_NEIGHBOURS", 1)
    i, j = np.array([0, 0, 0]), np.array([1, 2, 3])
    found = links.likest(i, j, np.array([0.5, 0.9, 0.4]), 4)
    assert found[1].tolist() == [1, 2, 3]  # each is the likest of its other end
    found = links.likest(np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([0.5, 0.9, 0.6]), 3)
    assert found[0].tolist() == [0, 1] and found[1].tolist() == [2, 2]


def matrix(size, *edges):
    found = np.zeros((size, size))
    for i, j, weight in edges:
        found[i, j] = found[j, i] = weight
    return csr_array(found)


def test_seeds_by_hand():
    # 0 - 1 - 2 in a row, 3 alone: 2 lies two steps from 0, at 0.8 * 0.5 = 0.4
    weights = matrix(4, (0, 1, 0.8), (1, 2, 0.5))
    assert choose_seeds(weights, [100, 90, 80, 1], 4) == [0, 3]
    assert choose_seeds(weights, [100, 90, 80, 1], 1) == [0]
    assert choose_seeds(matrix(4, (0, 1, 0.8), (1, 2, 0.4)), [100, 90, 80, 1], 4) == [0, 2, 3]
    assert choose_seeds(weights, [100, 90, 80, 1], 4, known=[2]) == [3]
    assert 1 not in choose_seeds(weights, [1, 90, 1, 1], 4, known=[0])


@pytest.mark.parametrize(
    ("key", "taken", "name"),
    [
        ("thank you", set(), "thank_you"),
        ("i don't know", set(), "i_dont_know"),
        ("yes?", set(), "yes"),
        ("yes?", {"yes"}, "yes_question"),
        ("yes?", {"yes", "yes_question"}, "yes_2"),
        ("yes. sir", {"yes_sir"}, "yes_sir_2"),
        ("\U0001f44d", set(), "\U0001f44d"),
        ("תודה רבה", set(), "תודה_רבה"),
    ],
)
def test_names(key, taken, name):
    assert intent_name(key, taken) == name


def test_default_numbers():
    assert [default_intents(n) for n in (2, 19, 40, 237, 578, 9999)] == [2, 19, 20, 46, 72, 80]


def test_hash_shares_are_even_and_follow_the_seed():
    shares = [share(f"text {n}", 0) for n in range(2000)]
    assert min(shares) >= 0 and max(shares) < 1 and abs(np.mean(shares) - 0.5) < 0.03
    assert share("text", 0) == share("text", 0) != share("text", 1)


def test_what_negates_and_what_only_seems_to():
    known = read_polarity()
    for text in ("no thanks", "i don't know", "of course not", "nope", "that's too bad"):
        assert known.negates(text), text
    for text in ("no problem", "not at all", "thanks", "oh no", "know", "don't worry", "note"):
        assert not known.negates(text), text
    assert [known.kind(key) for key in ("yes", "no", "yes?", "isn't he?")] == [0, 1, 2, 3]


def test_roles_go_by_count():
    known = read_polarity()
    assert known.role({"yes": 3, "maybe": 2}) == "affirmative"
    assert known.role({"no": 3, "yes": 2}) == "negative"
    assert known.role({"yes": 2, "maybe": 2}) is None


@pytest.mark.parametrize("line", ["perhaps: x", "yes", "yes:", ": x"])
def test_a_bad_list_of_polarity(tmp_path, line):
    path = tmp_path / "polarity.txt"
    path.write_text(f"yes: oui\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 2: .*allowed: one of yes, no"):
        read_polarity(path)


def test_seeds_are_read(tmp_path):
    path = tmp_path / "seeds.tsv"
    path.write_text("response\tintent\r\nYes.\tagree\n\nThanks!\tthank\n", encoding="utf-8")
    assert read_reply_seeds(path) == {"Yes.": "agree", "Thanks!": "thank"}
    found = place_seeds({"YES": "agree", "Yes!": "agree"}, {"no": 0, "yes": 1})
    assert found == {1: "agree"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Yes.\n", r"row 1: 'Yes\.'; allowed: a response, a tab, an intent"),
        ("Yes.\ta\tb\n", "row 1"),
        ("Yes.\ta\nYes.\tb\n", r"row 2: 'Yes\.' has the intents 'a' and 'b'; allowed: one"),
        ("response\tintent\n", "no row; needed"),
        ("", "no row; needed"),
    ],
)
def test_damaged_seeds(tmp_path, content, message):
    path = tmp_path / "seeds.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_reply_seeds(path)


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        ({"a": "x", "b": "x", "c": "x", "d": "x", "yes": "x"},
         r"4 of 5 are no response that is kept: 'a', 'b', 'c', \.\.\.; allowed: the 2 kept"),
        ({"yes": "no_reply"}, "intent of 'yes' is 'no_reply'"),
        ({"yes": "a\x1b"}, "intent of 'yes' is"),
        ({"yes": ""}, "is empty"),
        ({"yes": "a", "Yes": "b"}, "'Yes' has two intents"),
        ({}, "must map responses to intents"),
        (["yes"], "must map responses to intents"),
    ],
)  # fmt: skip
def test_seeds_that_do_not_fit(seeds, message):
    with pytest.raises(InputError, match=message):
        place_seeds(seeds, {"no": 0, "yes": 1})


class Two:
    """Intents of three responses: x, y and none."""

    names = ("x", "y")
    of = np.array([0, 1, -1])
    confidence = np.array([1.0, 0.5, 0.0])


def corpus_of(size, *ends):
    return Corpus(np.arange(size) * 10, tuple("abcde")[:size], *map(np.array, ends))


def test_soft_labels_by_hand():
    corpus = corpus_of(3, [0, 0, 1, 2], [0, 1, 0, 2], [1, 2, 1, 5])
    found = soft_labels(corpus, Two, csr_array((3, 3), dtype=np.int64))
    assert list(found) == [0, 10]  # the response to c has no intent
    assert found[0] == {"x": 0.5, "y": 0.5} and found[10] == {"x": 1.0}


def test_near_messages_agree():
    # a has x, b has y: with w the weight of the edge beside 5 of one's own, x of a is 5 / (5 + w)
    # after a step, and in the end (5 + w) / (5 + 2 w)
    corpus = corpus_of(3, [0, 1], [0, 1], [1, 1])
    near = np.zeros((3, 3), np.int64)
    near[0, 1] = near[1, 0] = links.LINK_UNIT
    found = soft_labels(corpus, Two, csr_array(near))
    assert found[0] == pytest.approx({"x": 6 / 7, "y": 1 / 7}, abs=0.002)
    assert found[10] == pytest.approx({"y": 6 / 7, "x": 1 / 7}, abs=0.002)
    assert list(found[10]) == ["y", "x"]
    apart = soft_labels(corpus, Two, csr_array((3, 3), dtype=np.int64))
    assert apart == {0: {"x": 1.0}, 10: {"y": 1.0}}


def test_intents_of_others_need_a_share():
    names, one = ("x", "y", "z"), messages.SHARE_UNIT
    found = messages.soft_label({0: one // 2, 1: one // 20, 2: one // 5}, {1: one}, names)
    assert list(found) == ["x", "z", "y"] and sum(found.values()) == pytest.approx(1, abs=0.002)
    assert messages.soft_label({0: one // 20, 1: one // 2}, {1: one}, names) == {"y": 1.0}


def test_a_weak_score_is_no_longer_carried():
    own = csr_array(np.array([[messages.SHARE_UNIT, 0]]))
    flow = csr_array(np.array([[0, 50 * messages.SHARE_UNIT]]))
    assert messages.carried(own, flow, np.array([50])).toarray()[0, 1] == 0
    flow = csr_array(np.array([[0, 500 * messages.SHARE_UNIT]]))
    assert messages.carried(own, flow, np.array([500])).toarray()[0, 1] > 0
