import numpy as np
import pytest
from scipy.sparse import csr_array

from pnet_tf.errors import InputError
from pnet_tf.smart_reply import links
from pnet_tf.smart_reply.bits import hashed, pooled
from pnet_tf.smart_reply.corpus import Corpus, read_corpus, share
from pnet_tf.smart_reply.intents import default_intents, intent_name
from pnet_tf.smart_reply.messages import soft_labels
from pnet_tf.smart_reply.pairs import Pair
from pnet_tf.smart_reply.polarity import read_polarity
from pnet_tf.smart_reply.seeds import choose_seeds, place_seeds, read_reply_seeds


def test_likeness_of_spelling():
    vectors = pooled(["Thank you.", "thank you", "Thank you so much", "the train leaves", "?"])
    assert vectors.shape == (5, 256) and np.allclose(np.linalg.norm(vectors[:4], axis=1), 1)
    assert (vectors[0] == vectors[1]).all()
    assert vectors[0] @ vectors[2] > 0.6 > 0.4 > vectors[0] @ vectors[3]
    bits = hashed(vectors)
    assert (bits[0] != bits[2]).sum() < (bits[0] != bits[3]).sum()


def test_texts_do_not_depend_on_their_batch():
    texts = [f"message number {n} of many" for n in range(600)]
    assert np.array_equal(pooled(texts)[590:], pooled(texts[590:]))


def test_a_corpus_by_hand():
    pairs = [Pair("A?", "Yes."), Pair("b", "Never."), Pair("a?", "yes!"), Pair("c", "No")]
    found = read_corpus(pairs, {"no": 0, "yes": 1})
    assert found.messages == ("a?", "c") and found.texts == ("A?", "c")
    edges = zip(found.rows.tolist(), found.columns.tolist(), found.counts.tolist(), strict=True)
    assert list(edges) == [(0, 1, 2), (1, 0, 1)]


def test_contexts_by_hand():
    corpus = Corpus(("a", "b"), ("a", "b"), np.array([0, 0, 1]), np.array([0, 1, 1]), np.ones(3))
    found = links.contexts(corpus, np.eye(2, dtype=np.float32), 3)
    shorter = np.sqrt(1 / (1 + links.FEW))
    both = np.sqrt(2 / (2 + links.FEW)) / np.sqrt(2)
    assert np.allclose(found, [[shorter, 0], [both, both], [0, 0]])


def test_edges_join_like_responses_of_one_kind():
    random = np.random.default_rng(0)
    base = random.normal(size=(3, 256))
    vectors = links.centred(np.repeat(base, 3, axis=0) + 0.2 * random.normal(size=(9, 256)))
    kinds = np.array([0, 0, 1, 0, 0, 0, 0, 0, 0])
    shared = csr_array((9, 4))
    i, j, weights = links.response_edges(vectors, vectors, shared, kinds)
    assert set(zip(i.tolist(), j.tolist(), strict=True)) == {
        (0, 1), (3, 4), (3, 5), (4, 5), (6, 7), (6, 8), (7, 8),
    }  # fmt: skip
    assert np.allclose(weights, (vectors[i] * vectors[j]).sum(axis=1), atol=1e-5)
    common = csr_array(np.repeat(np.eye(3), 3, axis=0))  # each group answers one message
    more = links.response_edges(vectors, vectors, common, kinds)
    assert np.allclose(more[2], weights + links.SHARED_WEIGHT, atol=1e-5)


def test_answers_by_hand():
    # response 0 answers messages a and b, response 1 answers b; b is near c, by 0.5
    ends = (np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([7, 1, 1]))
    corpus = Corpus(("a", "b", "c"), ("a", "b", "c"), *ends)
    near = (np.array([1]), np.array([2]), np.array([0.5], np.float32))
    found = links.answers(corpus, near, 3).toarray()
    half = 1 / np.sqrt(2)  # b has two responses
    rows = np.array([[1, half, half / 2], [0, half, half / 2], [0, 0, 0]])
    rows[:2] /= np.linalg.norm(rows[:2], axis=1, keepdims=True)
    assert np.allclose(found, rows)


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


def test_soft_labels_by_hand():
    rows, columns = np.array([0, 0, 1, 2]), np.array([0, 1, 0, 2])
    corpus = Corpus(("a", "b", "c"), ("a", "b", "c"), rows, columns, np.array([1, 2, 1, 5]))
    vectors = np.eye(3, 256, dtype=np.float32)  # far apart
    found = soft_labels(corpus, Two, vectors)
    assert list(found) == [0, 1]  # the response to c has no intent
    assert found[0] == pytest.approx({"x": 0.5, "y": 0.5}, abs=0.01)
    assert found[1] == {"x": 1.0}


def test_near_messages_agree():
    ends = (np.array([0, 1]), np.array([0, 1]), np.array([1, 1]))
    corpus = Corpus(tuple("abcde"), tuple("abcde"), *ends)
    near = pooled(["will you come to the party tonight?", "will you come to the party tonite?"])
    vectors = np.vstack([near, pooled(["unlike", "another one", "the rain"])])
    found = soft_labels(corpus, Two, vectors)
    assert found[0]["x"] > found[0]["y"] > 0.1 and found[1]["y"] > found[1]["x"] > 0.1
    apart = soft_labels(corpus, Two, np.eye(5, 256, dtype=np.float32))
    assert apart == {0: {"x": 1.0}, 1: {"y": 1.0}}
