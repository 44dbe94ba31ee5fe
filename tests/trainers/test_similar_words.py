"""Words that an encoder holds for similar: by hand, as written, and which words it knows."""

import numpy as np
import pytest

from pnet_tf.trainers import build_trainer
from pnet_tf.trainers import similar_words as module
from pnet_tf.trainers.encoder_files import read_encoder
from pnet_tf.trainers.sentence_encoder import SentenceEncoder
from pnet_tf.trainers.similar_words import similar_words, stem, written_as
from tests.trainers.tiny_encoder import write_encoder

VECTORS = {"cat": (5, 1), "cats": (5, 2), "tiger": (5, 3), "dog": (5, -1), "dogs": (5, -2)}
"""Their mean is (5, 0.6): less it, cats and dogs point to opposite sides."""


def embed(words):
    return np.array([VECTORS[word] for word in words], np.float32)


def test_the_nearest_by_hand_less_the_mean():
    found = similar_words(list(VECTORS), list(VECTORS), embed)
    # (0, 0.4), (0, 1.4), (0, 2.4), (0, -1.6), (0, -2.6): of equal cosines the first known is first
    assert found == {"cat": ("cats", "tiger"), "cats": ("cat", "tiger"), "tiger": ("cat", "cats"),
                     "dog": ("dogs",), "dogs": ("dog",)}  # fmt: skip


def test_the_order_is_that_of_the_cosine_and_some_are_not_alike():
    at = {"at": (5, 0), "near": (4, 1), "off": (3, 8), "next": (4, 3), "back": (-16, -12)}
    np.testing.assert_array_equal(np.mean(list(at.values()), axis=0), 0)
    found = similar_words(list(at), list(at), lambda words: np.array([at[w] for w in words]))
    assert found["at"] == ("near", "next")  # 0.97, 0.8; off 0.35, back -0.8
    assert found["off"] == ("next", "near") and "back" not in found


def test_eight_at_most_of_the_first(monkeypatch):
    words = [a + b for b in "abcdefghijkl" for a in "xy"]
    sides = {word: (1.0, 0.01 * n) if word[0] == "x" else (-1.0, 0.01 * n)
             for n, word in enumerate(words)}  # fmt: skip
    found = similar_words(words, words, lambda some: np.array([sides[word] for word in some]))
    assert all(len(others) <= 8 and word not in others for word, others in found.items())
    assert len(found["xa"]) == 8
    monkeypatch.setattr(module, "_MOST", 4)
    few = similar_words(words, words, lambda some: np.array([sides[word] for word in some]))
    assert few == {"xa": ("xb",), "ya": ("yb",), "xb": ("xa",), "yb": ("ya",)}


def test_words_get_their_punctuation_and_capitals():
    found = similar_words(["(Cat,", "CAT!", "cAt", "7.", "?", "dogs"], list(VECTORS), embed)
    assert (
        found["(Cat,"][0] == "(Cats," and found["CAT!"][0] == "CATS!" and found["cAt"][0] == "cats"
    )
    assert set(found) == {"(Cat,", "CAT!", "cAt", "dogs"}
    assert (stem("(Cat's,"), stem("?!"), stem("")) == ("cat's", "", "")
    assert [written_as(w, "éa") for w in ("I", "IT", "it", "<It>")] == ["Éa", "ÉA", "éa", "<Éa>"]


def test_words_in_other_letters_are_not_looked_at():
    asked = []

    def noted(words):
        asked.append(list(words))
        return np.array([(1.0, 0.0) if "a" in word else (0.0, 1.0) for word in words])

    found = similar_words(["ab", "bc"], ["cab", "кот", "abd", "Cab", "bca", "cb"], noted)
    assert asked == [["cab", "bca", "cb"], ["ab", "bc"]]
    assert found == {"ab": ("cab", "bca"), "bc": ("cb",)}
    assert similar_words(["12"], ["one"], noted) == similar_words(["a"], ["b"], noted) == {}


def test_an_encoder_knows_the_words_that_are_one_token(folder):
    assert SentenceEncoder(read_encoder(str(folder)), 8, "mean").words() == [
        "open",
        "close",
        "door",
    ]


@pytest.mark.parametrize("kind", ["pieces", "marked"])
def test_parts_of_words_are_no_words(folder, kind):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    if kind == "pieces":
        vocabulary = {"[UNK]": 0, "open": 1, "##ing": 2, "x": 3, "42": 4}
        made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
        made.pre_tokenizer = pre_tokenizers.Whitespace()
        made.decoder = decoders.WordPiece()
    else:
        pieces = [("<unk>", 0.0), ("▁open", -1.0), ("ing", -1.0), ("▁x", -1.0)]
        made = Tokenizer(models.Unigram(pieces, unk_id=0))
        made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    made.save(str(folder / "tokenizer.json"))
    assert SentenceEncoder(read_encoder(str(folder)), 8, "mean").words() == ["open"]


@pytest.mark.parametrize("spec", ["encoder", "tfidf", "ensemble:tfidf+encoder"])
def test_trainers_that_know_more_words_than_train(folder, spec):
    # less their mean, the unit vectors of open and close have a cosine of 0.93, door none above 0
    write_encoder(folder, table=((0.0, 0.0), (3.0, 0.0), (4.0, 1.0), (0.0, 3.0)))
    source = {"source": str(folder)}
    options = {"ensemble:tfidf+encoder": {"encoder": source}, "encoder": source}.get(spec, {})
    few = np.array(["open close"], object)
    trainer = build_trainer(spec, kind="text", task="classification", outputs=2, input_shape=(),
                            train_inputs=few, options=options)  # fmt: skip
    if spec == "tfidf":
        assert trainer.similar_words is None
    else:
        assert not trainer.augmented  # an encoder sees texts as they are, in an ensemble too
        found = trainer.similar_words(["open", "Close!", "door"])
        assert found == {"open": ("close",), "Close!": ("Open!",)}
