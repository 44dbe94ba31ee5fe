"""Transfer sets: made texts and mixtures, by a seed; what they are made of; refusals."""

from dataclasses import replace

import numpy as np
import pytest

import pnet_tf
from pnet_tf.data import make_dataset
from pnet_tf.data.types import object_array
from pnet_tf.errors import InputError
from pnet_tf.settings import make_settings
from pnet_tf.training.fit import fit
from pnet_tf.training.planning import check_settings, plan_fit
from pnet_tf.training.transfer import TextSource, joined, make_transfer, mix_up, part
from pnet_tf.training.unlabelled import unlabelled_examples, with_made

from .small import ALONE, PICTURES, TAUGHT, WORDS, features, pictures, texts

TEXTS, LABELS = texts(12)
DATA = make_dataset(TEXTS, LABELS, valid=(["open it"], ["open"]), test=(["shut it"], ["shut"]))
X, Y = features()
ROWS = make_dataset(X, Y, valid=(X[:6], Y[:6]))
SHOWN, KINDS = pictures()
PIXELS = make_dataset(SHOWN, KINDS, valid=(SHOWN[:6], KINDS[:6]))
MESSAGES = object_array(f"{a} {b} {c}" for a in "uvw" for b in "xyz" for c in "123")


def test_texts_are_new_and_of_the_words_there_are():
    taken = object_array(["u x", "w z 3 3"])
    found = make_transfer(MESSAGES, 500, 1, [taken]).tolist()
    assert len(set(found)) == len(found) == 500
    assert not set(found) & {*MESSAGES, *taken}
    assert set(" ".join(found)) <= set("uvwxyz123 ") and all(map(str.strip, found))
    assert all(" ".join(text.split()) == text for text in found)


def test_the_seed_decides():
    found = [make_transfer(MESSAGES, 50, seed).tolist() for seed in (3, 3, 4)]
    assert found[0] == found[1] != found[2]
    mixed = [make_transfer(X, 50, seed) for seed in (3, 3, 4)]
    assert np.array_equal(mixed[0], mixed[1]) and not np.array_equal(mixed[0], mixed[2])


def test_fewer_where_so_many_cannot_be_made():
    two = object_array(["a b", "b a"])
    found = make_transfer(two, 1000, 0)
    assert 10 < len(found) < 1000
    with pytest.raises(InputError, match="nothing new can be made of 1 inputs"):
        make_transfer(object_array(["a"]), 5, 0, [object_array(["aa"])])


def test_words_without_spaces_are_taken_by_their_characters():
    found = make_transfer(object_array(["何時に着く", "電話して", "今どこ"]), 40, 0)
    assert len(found) == 40 and not any(" " in text for text in found)
    assert set("".join(found)) <= set("何時に着く電話して今どこ")


class Fixed:
    """Random numbers that are none: `random` and `integers` give these in turn."""

    def __init__(self, *values):
        self.values = list(values)

    def random(self, size=None):
        return np.array(self.values.pop(0)) if size else self.values.pop(0)

    def integers(self, high):
        assert self.values[0] < high
        return self.values.pop(0)


def test_parts_by_hand():
    assert joined(list("abc"), list("xyz"), Fixed(1, 2)) == ["a", "b", "z"]
    assert joined(["a"], ["x"], Fixed(0, 0)) == ["a", "x"]
    assert part(list("abcd"), np.random.default_rng(0))
    sizes = {len(part(list("abcde"), np.random.default_rng(n))) for n in range(40)}
    assert sizes == {3, 4, 5}
    rows = [part(list("abcde"), np.random.default_rng(n)) for n in range(40)]
    assert all("".join(row) in "abcde" for row in rows) and ["c", "d", "e"] in rows


def test_words_are_left_out_and_replaced():
    source = TextSource(["a b", "a b", "a c", "a c"])
    # by frequency: a 4, b 2, c 2; a draw below 0.1 leaves out, one below 0.25 replaces
    assert source.make(Fixed(0, 0.9, [0.05, 0.5])) == "b"
    assert source.make(Fixed(0, 0.9, [0.5, 0.2], 0)) == "a a"
    assert source.make(Fixed(0, 0.9, [0.5, 0.2], 1)) == "a c"
    assert source.make(Fixed(0, 0.9, [0.01, 0.05], 0)) == "a"  # the last one left is replaced
    assert source.make(Fixed(0, 0.1, 2, 0, 1, [0.9, 0.9])) == "a c"  # joined


def test_similar_words_are_put_in_their_place():
    asked = []

    def similar(words):
        asked.append(list(words))
        return {"b": ("x", "y")}

    source = TextSource(["a b", "a b", "a c"], similar)
    assert asked == [["a", "b", "c"]]
    # a draw below 0.1 leaves out, one below 0.25 is for like frequency, one below 0.425 for alike
    assert source.make(Fixed(0, 0.9, [0.9, 0.42], 1)) == "a y"
    assert source.make(Fixed(0, 0.9, [0.9, 0.25], 0)) == "a x"
    assert source.make(Fixed(0, 0.9, [0.42, 0.43])) == "a b"  # a has none that is alike
    assert source.make(Fixed(0, 0.9, [0.9, 0.24], 0)) == "a a"
    assert TextSource(["何時に着く", "今どこ"], similar) and len(asked) == 1  # characters have none


def test_a_word_stands_for_one_of_like_frequency():
    words = [f"w{n:03d}" for n in range(100)]
    source = TextSource([f"{word} {word}" for n, word in enumerate(words) for _ in range(100 - n)])
    found = {source.like("w050", np.random.default_rng(n)) for n in range(2000)}
    assert found == {f"w{n:03d}" for n in range(30, 71)} - {"w050"}
    found = {source.like("w000", np.random.default_rng(n)) for n in range(1000)}
    assert found == {f"w{n:03d}" for n in range(1, 21)}
    assert TextSource(["a a"]).like("a", np.random.default_rng(0)) == "a"


def test_mixtures_lie_between_two_rows():
    two = np.array([[0.0, 10.0], [1.0, 30.0]], np.float32)
    mixed = mix_up(two, 3000, np.random.default_rng(0))
    assert mixed.dtype == np.float32 and mixed.shape == (3000, 2)
    np.testing.assert_allclose(mixed[:, 1], 10 + 20 * mixed[:, 0], rtol=1e-5)
    assert abs(mixed[:, 0].mean() - 0.5) < 0.03 and mixed[:, 0].min() < 0.01
    dark, bright = np.zeros((1, 4, 4, 1), np.uint8), np.full((1, 4, 4, 1), 255, np.uint8)
    images = mix_up(np.concatenate([dark, bright]), 1500, np.random.default_rng(0))
    assert images.dtype == np.uint8 and images.shape == (1500, 4, 4, 1)
    assert len(set(images[:, 0, 0, 0])) > 200
    assert abs(images.mean() - 127.5) < 6 and (images == images[:, :1, :1]).all()


def made(data, count, changes=(), **options):
    kind = {"text": WORDS, "dense": TAUGHT, "image": PICTURES}[data.kind]
    settings = make_settings(data.kind, [kind, {"augment": {"transfer": count}}, *changes])
    return with_made(unlabelled_examples(data, settings, taught=True, **options), data, settings)


@pytest.mark.parametrize("data", [DATA, ROWS, PIXELS], ids=["text", "dense", "image"])
def test_made_inputs_follow_and_have_no_label(data):
    found = made(data, 30)
    assert (found.count, found.made, found.hidden, found.examples) == (30, 30, 0, found.examples)
    assert found.examples == len(data.train.targets)
    assert (found.data.train.targets[-30:] == -1).all()
    assert np.array_equal(found.data.train.inputs[:-30], data.train.inputs)
    assert found.data.valid is data.valid


def test_they_are_made_of_unlabelled_inputs_too():
    found = made(DATA, 60, [{"labels_per_class": 2}], given=["zanzibar", "zanzibar quebec"])
    assert (found.count, found.made, found.hidden) == (8 + 2 + 60, 60, 8)
    assert any("zanzibar" in text for text in found.data.train.inputs[-60:])
    assert found.data.train.inputs[-62:-60].tolist() == ["zanzibar", "zanzibar quebec"]


def test_none_are_made_unless_asked_for():
    assert made(DATA, 0) is None


@pytest.mark.usefixtures("eager")
def test_a_student_learns_from_them():
    more = {"augment": {"transfer": 20}}
    trainer = {"trainer": {"name": "tfidf"}}
    plan = plan_fit(DATA, make_settings("text", [WORDS, trainer, more]))
    assert len(plan.prepared.train.targets) == 12 + 20 and plan.unlabelled.made == 20
    # the trainer's encoder is measured on the real ones
    alone = plan_fit(DATA, make_settings("text", [WORDS, trainer]))
    assert plan.trainer.config == alone.trainer.config
    assert np.isfinite(plan.run().history[-1]["distillation_loss"])


@pytest.mark.usefixtures("eager")
def test_made_texts_have_words_that_the_trainer_knows():
    small = make_settings("text", [WORDS, {"trainer": {"name": "tfidf"}}])
    teacher = plan_fit(DATA, small).trainer
    knowing = replace(teacher, similar_words=lambda words: {word: ("zebra",) for word in words})
    asked = make_settings("text", [WORDS, {"augment": {"transfer": 40}}])
    texts = [plan_fit(DATA, asked, trainer=one).unlabelled.data.train.inputs[-40:].tolist()
             for one in (teacher, knowing)]  # fmt: skip
    assert ["zebra" in " ".join(found) for found in texts] == [False, True]


VALUES = make_dataset(X, X[:, :2], valid=(X[:6], X[:6, :2]), task="regression")
BAD = {
    "no trainer": (ROWS, [ALONE], {}, "augment.transfer makes are for a trainer to answer, and"),
    "regression": (VALUES, [TAUGHT], {}, "makes inputs for classes, not for a regression"),
    "stored answers": (ROWS, [ALONE], {"teacher_logits": np.zeros((40, 3), np.float32)},
                       "teacher_logits are for the examples of train, not for augment.transfer"),
    "a graph": (ROWS, [TAUGHT], {"graph": pnet_tf.make_graph(["1"], ["2"]), "nodes": X[:2]},
                "a graph and augment.transfer cannot be learned from at once"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "changes", "options", "words"), BAD.values(), ids=BAD)
def test_what_is_refused(data, changes, options, words):
    with pytest.raises(InputError) as raised:
        fit(data, [*changes, {"augment": {"transfer": 9}}], **options)
    assert words in str(raised.value) and "\n" not in str(raised.value)


def test_many_fits_are_refused_before_the_first():
    more = {"augment": {"transfer": 9}}
    check_settings(ROWS, [make_settings("dense", [TAUGHT, more])])
    for data, changes, words in ((VALUES, [TAUGHT], "not for a regression"),
                                 (ROWS, [ALONE], "for a trainer to answer")):  # fmt: skip
        with pytest.raises(InputError, match=words):
            check_settings(data, [make_settings("dense", [*changes, more])])
