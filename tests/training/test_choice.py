"""Which inputs to label next: by hand, what is left out, by whom they are judged."""

import numpy as np
import pytest

import pnet_tf
from pnet_tf._keras import keras
from pnet_tf.data import hide_labels, make_dataset
from pnet_tf.data.types import object_array
from pnet_tf.errors import InputError
from pnet_tf.training.choice import (
    choose_to_label,
    look_with,
    margins,
    spread_out,
    student_look,
)

from .small import ALONE, TAUGHT, WORDS, features, network, texts

TEXTS, LABELS = texts(12)
DATA = make_dataset(TEXTS, LABELS, valid=(["open it"], ["open"]), test=(["shut it"], ["shut"]))
X, Y = features()
ROWS = make_dataset(X, Y, valid=(X[:6], Y[:6]))
MORE = features(30, 5)[0]


def look(inputs):
    """Scores and directions by the first letter, a to d; other texts are certain and like a."""
    shares = {"a": 0.9, "b": 0.6, "c": 0.55, "d": 0.5}
    angles = {"a": 0.0, "b": 0.3, "c": 0.32, "d": 1.5}
    share = np.array([shares.get(text.strip()[:1], 1.0) for text in inputs])
    angle = np.array([angles.get(text.strip()[:1], 0.0) for text in inputs])
    return np.stack([share, 1 - share], 1), np.stack([np.cos(angle), np.sin(angle)], 1) * 7


def test_margins():
    assert margins(np.array([[0.2, 0.5, 0.3], [0.0, 0.0, 1.0]])) == pytest.approx([0.2, 1.0])


class Draws:
    """Notes the chances of each draw, and takes the likeliest."""

    def __init__(self):
        self.chances = []

    def choice(self, size, p):
        self.chances.append(p)
        assert len(p) == size
        return int(np.argmax(p))


def test_chances_by_hand():
    scores = np.array([[0.6, 0.4], [0.9, 0.1], [0.2, 0.8]])
    vectors = np.array([[2.0, 0.0], [0.0, 3.0], [1.0, 0.0]])
    # (scores - guess) x vector is (-0.4, 0.4) x (2, 0), (-0.1, 0.1) x (0, 3), (0.2, -0.2) x (1, 0):
    # squared lengths 1.28, 0.18, 0.08; to the first 1.46 and, as -0.2 / 0.8 of it, 2 * 1^2 = 2
    draws = Draws()
    assert spread_out(scores, vectors, 9, draws) == [0, 2, 1]
    np.testing.assert_allclose(draws.chances[0], [0, 1.46 / 3.46, 2 / 3.46], atol=1e-9)
    np.testing.assert_allclose(draws.chances[1], [0, 1, 0], atol=1e-9)


def test_distances_are_those_of_the_gradients():
    rng = np.random.default_rng(0)
    scores, vectors = rng.dirichlet(np.ones(4), 20), rng.normal(size=(20, 3))
    gradients = (scores - np.eye(4)[scores.argmax(1)])[:, :, None] * vectors[:, None]
    gradients, draws = gradients.reshape(20, 12), Draws()
    chosen = spread_out(scores, vectors, 6, draws)
    for number, chances in enumerate(draws.chances, 1):
        apart = gradients[:, None] - gradients[chosen[:number]]
        nearest = (apart**2).sum(-1).min(1)
        np.testing.assert_allclose(chances, nearest / nearest.sum(), atol=1e-6)


def test_each_is_chosen_once_though_all_are_certain_or_alike():
    sure, same = np.array([[1.0, 0.0]] * 5), np.ones((5, 2))
    for scores in (sure, np.full((5, 2), 0.5)):
        found = spread_out(scores, same, 9, np.random.default_rng(0))
        assert sorted(found) == [0, 1, 2, 3, 4]


def test_what_is_certain_is_drawn_about_once():
    rng = np.random.default_rng(0)
    sure = np.arange(50) % 2 == 0
    best = np.where(sure, 0.999, rng.uniform(0.5, 0.6, 50))
    scores, vectors = np.stack([best, 1 - best], 1), rng.normal(size=(50, 8))
    rows = [spread_out(scores, vectors, 5, np.random.default_rng(seed)) for seed in range(40)]
    assert sure[rows].sum(1).max() == 1 and len({tuple(row) for row in rows}) > 30


def test_what_is_left_out():
    inputs = object_array(["b1", " ", "OPEN  it", "shut it", TEXTS[0], "b1", "B1 ", "d", "", "'d",
                           "'=d", "=d"])  # fmt: skip
    found = choose_to_label(inputs, 10, DATA, look)
    assert {row.place for row in found.rows} == {0, 7, 9, 10} and found.candidates == 4
    assert found.left_out == {"empty": 2, "labelled already": 3, "twice": 3}
    (first,) = (row for row in found.rows if row.place == 0)
    assert (first.guess, first.margin) == ("open", pytest.approx(0.2))
    again, other = (choose_to_label(inputs, 10, DATA, look, seed) for seed in (0, 5))
    assert again == found and {row.place for row in other.rows} == {0, 7, 9, 10}


def test_rows_without_a_label_may_be_listed():
    part = make_dataset([*TEXTS, "d"], [*LABELS, None], valid=(["v"], ["open"]))
    assert choose_to_label(object_array(["d"]), 1, part, look).rows[0].place == 0


def test_images_and_features_that_are_equal():
    inputs = np.concatenate([MORE, MORE[:2], X[:3]])
    shares = np.full((30, 3), 1 / 3)
    found = choose_to_label(inputs, 4, ROWS, lambda some: (shares[: len(some)], some))
    assert found.candidates == 30 and len({row.place for row in found.rows}) == 4
    assert found.left_out == {"labelled already": 3, "twice": 2}


BAD = {
    "none": (["x"], 0, "count must be a whole number of at least 1, got 0"),
    "yes": (["x"], True, "count must be a whole number of at least 1, got True"),
    "nothing left": (["", TEXTS[3]], 5, "no input is left to label; left out: 1 empty, 1 lab"),
}


@pytest.mark.parametrize(("inputs", "count", "words"), BAD.values(), ids=BAD)
def test_what_is_refused(inputs, count, words):
    with pytest.raises(InputError) as raised:
        choose_to_label(object_array(inputs), count, DATA, look)
    assert words in str(raised.value)


def test_values_have_no_labels():
    values = make_dataset(X, X[:, :2], valid=(X[:6], X[:6, :2]))
    with pytest.raises(InputError, match="of classes, not of a regression"):
        choose_to_label(MORE, 3, values, look)


@pytest.mark.usefixtures("eager")
def test_a_fit_says_what_to_label_by_its_trainer_else_by_its_student():
    taught = pnet_tf.fit(ROWS, TAUGHT)
    found = pnet_tf.label_next(taught, MORE, 5)
    logits = taught.trainer.model(taught.trainer.encode(MORE)).numpy()
    for row in found.rows:
        assert row.guess == ROWS.labels[logits[row.place].argmax()]
    alone = pnet_tf.fit(ROWS, ALONE)
    scores = keras.activations.softmax(alone.student(MORE)).numpy()
    for row in pnet_tf.label_next(alone, MORE, 5).rows:
        assert row.margin == pytest.approx(margins(scores)[row.place], abs=1e-5)
    with pytest.raises(InputError, match="inputs is float32"):
        pnet_tf.label_next(alone, MORE[:, :2])


@pytest.mark.usefixtures("eager")
def test_hidden_labels_may_be_asked_for():
    few, _ = hide_labels(DATA, 2, 0)
    fitted = pnet_tf.fit(DATA, [WORDS, {"labels_per_class": 2}])
    found = pnet_tf.label_next(fitted, TEXTS, 20)
    listed = {TEXTS[row.place] for row in found.rows}
    assert listed == set(TEXTS) - set(few.train.inputs) and len(listed) == 8


def test_layers_before_the_logits_or_the_logits_themselves():
    model = network()
    deep = keras.Sequential([keras.Input((6,)), keras.layers.Dense(2), keras.layers.Dense(3)])

    class Own(keras.Model):
        def call(self, inputs, training=None):
            return model(inputs)

    assert student_look(deep, lambda x: x)(MORE)[1].shape == (30, 2)
    scores, vectors = look_with(Own(), lambda x: x)(MORE)
    np.testing.assert_allclose(vectors, model(MORE).numpy(), rtol=1e-5)
    np.testing.assert_allclose(scores.sum(1), 1, rtol=1e-5)
