"""Terms that compare layers: values by hand, what they leave alone, and whole fits with them."""

import math

import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.errors import InputError
from pnet_tf.model import build_student
from pnet_tf.settings import Schedule
from pnet_tf.training.fit import fit
from pnet_tf.training.joint import JointFit
from pnet_tf.training.layers import Matched, layer_names, pooled
from pnet_tf.training.matching import (
    Hints,
    Representation,
    similarities,
    similarity_divergence,
)
from pnet_tf.training.objective import (
    Distillation,
    ProjectionLabels,
    Step,
    TrainerLabels,
    joint_objective,
)
from pnet_tf.training.types import JointData, Progress

from .small import TAUGHT, features, same, weights

HIDDEN = {**TAUGHT, "head": {"name": "dense", "units": [5], "bit_dropout": 0.0}}
RIGHT = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]  # cosines 0, 1, 0 of 12, 13, 23


def step(student, trainer, **more):
    rows = len(student)
    tensors = [tf.convert_to_tensor(x, tf.float32) for x in (student, trainer)]
    logits, targets = tf.zeros((rows, 2)), tf.zeros(rows, tf.int32)
    return Step("classification", logits, logits, targets,
                tf.ones(rows), student_layers={None: tensors[0]}, trainer_layers={None: tensors[1]},
                **more)  # fmt: skip


def two_layers(first, second):
    """x -> relu(x.A), "hidden", -> logits h.B."""
    source = keras.Input((2,))
    hidden = keras.layers.Dense(len(first[0]), "relu", use_bias=False, name="hidden")(source)
    dropped = keras.layers.Dropout(0.5, name="dropped")(hidden)
    logits = keras.layers.Dense(2, use_bias=False, name="logits")(dropped)
    model = keras.Model(source, logits)
    model.set_weights([np.asarray(first, np.float32), np.asarray(second, np.float32)])
    return model


def test_similarities_by_hand():
    """k of 12 and 23 is 1/2, of 13 it is 1; each row without its diagonal sums to 1."""
    expected = [[0, 1 / 3, 2 / 3], [1 / 2, 0, 1 / 2], [2 / 3, 1 / 3, 0]]
    np.testing.assert_allclose(similarities(tf.constant(RIGHT)), expected, atol=1e-6)


def test_divergence_by_hand():
    """The student finds all alike, so that each of its rows is even."""
    third = math.log(2 / 3) / 3 + 2 / 3 * math.log(4 / 3)
    found = Representation()(step([[2.0], [3.0], [1.0]], RIGHT))
    assert found.numpy() == pytest.approx((third + 0 + third) / 3, abs=1e-6)
    other = Representation()(step(RIGHT, [[2.0], [3.0], [1.0]]))  # the other way round
    assert other.numpy() == pytest.approx((math.log(3 / 2) + math.log(3 / 4)) / 3, abs=1e-6)


def test_divergence_leaves_rotation_and_scale_of_either_alone():
    rng = np.random.default_rng(3)
    student, trainer = rng.normal(size=(7, 4)), rng.normal(size=(7, 5))
    before = similarity_divergence(*map(tf.constant, (student, trainer))).numpy()
    assert before > 0.01
    for size, place in ((4, 0), (5, 1)):
        turned = [student, trainer]
        rotation, _ = np.linalg.qr(rng.normal(size=(size, size)))
        turned[place] = turned[place] @ rotation * rng.uniform(0.1, 9.0, (7, 1))
        found = similarity_divergence(*map(tf.constant, turned)).numpy()
        assert found == pytest.approx(before, rel=1e-6)
    moved = similarity_divergence(tf.constant(student + 1.0), tf.constant(trainer)).numpy()
    assert moved != pytest.approx(before, rel=1e-3)


def test_equal_representations_diverge_by_nothing():
    x = tf.constant(np.random.default_rng(0).normal(size=(6, 3)), tf.float32)
    assert similarity_divergence(x, 5.0 * x).numpy() == pytest.approx(0, abs=1e-6)
    assert similarity_divergence(x, -x[::-1]).numpy() > 1e-3


@pytest.mark.parametrize(
    "rows",
    [[[1.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [-1.0, 0.0]]],
    ids=["one example", "zeros", "opposite"],
)
def test_value_and_gradient_are_finite(rows):
    x = tf.constant(rows)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = similarity_divergence(x, x[:, ::-1] + 1.0)
    assert np.isfinite(value.numpy()) and np.isfinite(tape.gradient(value, x)).all()


def test_hints_by_hand():
    """(1, 2).W + b is (2, 5) where the trainer has (0, 4), and (0, 1).W + b is (1, 3) twice."""
    layer = Hints().learned(2, 2, 0)
    layer.set_weights([np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([1.0, 2.0])])
    batch = step([[1.0, 2.0], [0.0, 1.0]], [[0.0, 4.0], [1.0, 3.0]], learned={"hints": layer})
    assert Hints()(batch).numpy() == pytest.approx((4 + 1 + 0 + 0) / 4)


def test_pooling_by_hand():
    tokens = tf.constant([[[1.0, 5.0], [3.0, 7.0]]])
    np.testing.assert_array_equal(pooled(tokens), [[2.0, 6.0]])
    np.testing.assert_array_equal(pooled(tokens[:, :, None, :]), [[2.0, 6.0]])
    np.testing.assert_array_equal(pooled(tokens[0]), tokens[0])


def joint(student, trainer, terms, y=(0, 1, 0), rate=0.1):
    x = np.array([[1.0, 0.5], [0.2, 1.0], [0.9, 0.1]], np.float32)
    data = JointData(x, np.array(y), x, cached=False)
    schedule = Schedule(epochs=1, batch_size=3, warmup=0.0, learning_rate=rate,
                        trainer_learning_rate=rate)  # fmt: skip
    return JointFit(student, trainer, data, data, terms=terms, schedule=schedule)


def pair():
    """A student whose layer has three units, and a trainer with four."""
    return two_layers([[1.0, 0.0, 0.2], [0.0, 1.0, 0.3]], np.zeros((3, 2))), two_layers(
        [[1.0, 0.5, 0.1, 0.9], [0.2, 0.8, 0.6, -0.3]], np.zeros((4, 2))
    )


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("kind", [Representation, Hints])
@pytest.mark.parametrize("teach", [False, True])
def test_the_gradient_reaches_the_trainer_only_when_asked(kind, teach):
    student, trainer = pair()
    before = [model.get_weights()[0] for model in (student, trainer)]
    joint(student, trainer, [TrainerLabels(0.0), kind(1.0, teach_trainer=teach)]).run()
    assert np.any(student.get_weights()[0] != before[0])
    assert np.any(trainer.get_weights()[0] != before[1]) == teach


@pytest.mark.usefixtures("eager")
def test_the_value_is_that_of_the_layers_in_the_same_pass():
    """Both layers as their networks give them, before dropout; examples without a label count."""
    student, trainer = pair()
    terms = [TrainerLabels(), Representation(), ProjectionLabels()]
    found = joint(student, trainer, terms, y=(0, -1, -1))
    x = found.train_data.student
    layers = [np.maximum(x @ model.get_weights()[0], 0) for model in (student, trainer)]
    expected = similarity_divergence(*map(tf.constant, layers)).numpy()
    row = found.run().history[0]
    assert row["representation_loss"] == pytest.approx(expected, rel=1e-4) and expected > 1e-3
    assert row["projection_loss"] == pytest.approx(math.log(2), rel=1e-5)


@pytest.mark.usefixtures("eager")
def test_the_map_of_hints_is_trained_beside_the_student():
    student, trainer = pair()
    found = joint(student, trainer, [TrainerLabels(), Hints(), ProjectionLabels()])
    (layer,) = found._matched.learned.values()
    before = layer.get_weights()
    assert [x.shape for x in before] == [(3, 4), (4,)]
    found.run()
    assert all(np.all(one != two) for one, two in zip(before, layer.get_weights(), strict=True))
    assert not any(v is w for v in student.variables for w in layer.variables)


def test_a_fit_without_these_terms_has_nothing_of_them():
    student, trainer = pair()
    found = joint(student, trainer, None)._matched
    assert (found.student, found.trainer, found.learned, found.variables) == (None, None, {}, [])


@pytest.mark.parametrize("name", ["representation", "hints"])
def test_the_term_falls_and_the_student_learns(name):
    terms = {name: {"weight": 20.0}}
    schedule = {"epochs": 6, "batch_size": 16, "learning_rate": 0.01}
    changes = {**HIDDEN, "schedule": schedule, "loss": {"terms": terms}}
    rows = fit(features(96), changes).history
    assert rows[-1][f"{name}_loss"] < 0.8 * rows[0][f"{name}_loss"]
    assert rows[-1]["projection_loss"] < 0.8 * rows[0]["projection_loss"]


@pytest.mark.usefixtures("eager")
def test_resume_with_hints_is_exact():
    """A killed fit ends with the weights, and the map, of an unbroken one."""
    def make():
        keras.utils.set_random_seed(5)
        source = keras.Input((6,))
        hidden = keras.layers.Dense(4, "relu", name="hidden")(source)
        student = keras.Model(source, keras.layers.Dense(3)(hidden))
        hidden = keras.layers.Dense(5, "relu", name="hidden")(source)
        trainer = keras.Model(source, keras.layers.Dense(3)(hidden))
        (x, y), schedule = features(48), Schedule(epochs=4, batch_size=16)
        data = JointData(x, y, x, cached=False)
        terms = [*joint_objective(), Hints(2.0), Representation(3.0)]
        return JointFit(student, trainer, data, data, terms=terms, schedule=schedule)

    def ends(found):
        return weights(found.student) + weights(found.trainer) + [
            v.numpy() for v in found._matched.variables
        ]

    whole, states = make(), []
    whole.run(on_epoch=lambda fit: states.append((fit.state(), list(fit.progress.history))))
    again = make()
    arrays, history = states[1]
    again.restore(arrays, Progress(2, history, whole.progress.best_score, 2))
    again.run()
    assert same(ends(whole), ends(again))
    without = JointFit(whole.student, whole.trainer, whole.train_data, whole.valid_data)
    with pytest.raises(InputError, match="checkpoint does not fit"):
        without.restore(arrays, Progress(2, history))


def test_when_they_apply():
    for term in (Representation(), Hints()):
        assert term.applies(True, False) and not term.applies(False, False)
    plain = {**HIDDEN, "trainer": {"name": "none"}, "loss": {"terms": {"hints": {}}}}
    assert "hints_loss" not in fit(features(), plain).history[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hints": {"student_layer": "x"}},
         r"^loss term 'hints': student_layer must be one of hidden_0, norm_0, relu_0, logits, "
         r"got 'x'$"),
        ({"representation": {"trainer_layer": "dense:1"}},
         r"^loss term 'representation': trainer_layer must be one of dense:0, batch_normalization:0"
         r", re_lu:0, logits, got 'dense:1'$"),
        ({"representation": {"weight": -1}}, "weight must be a finite number 0.*got -1"),
        ({"hints": {"weight": math.nan}}, "weight must be a finite number.*got nan"),
        ({"hints": {"layer": "x"}}, "does not take 'layer'; its options: weight, student_layer"),
        ({"hints": {"student_layer": 3}}, "student_layer must be .*got 3"),
    ],
)  # fmt: skip
def test_bad_options(changes, words):
    with pytest.raises(InputError, match=words):
        fit(features(), {**HIDDEN, "loss": {"terms": changes}})


def test_a_student_without_a_layer_that_learns_is_refused():
    words = "student_layer: the last layer before the logits has no weights in or below it"
    with pytest.raises(InputError, match=words):
        fit(features(), {**TAUGHT, "loss": {"terms": {"representation": {}}}})


def test_stored_logits_have_no_layers():
    changes = {**HIDDEN, "trainer": {"name": "none"}, "loss": {"terms": {"representation": {}}}}
    x, y = features()
    stored = np.zeros((36, 3), np.float32)
    with pytest.raises(InputError, match="trainer_layer needs a trainer: stored logits have no"):
        fit((x, y), changes, teacher_logits=stored)


class Plain(keras.Model):
    """A model that says only in code what it does."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, inputs):
        return self.dense(inputs)


def test_networks_that_cannot_be_read_are_refused():
    student, trainer = pair()
    with pytest.raises(InputError, match="the trainer is a Plain, no functional model"):
        Matched([Hints()], student, Plain(), cached=False, seed=0)
    source = keras.Input((2,))
    sums = keras.Model(source, keras.layers.Dense(2)(source) + keras.layers.Dense(2)(source))
    with pytest.raises(InputError, match="student_layer must be said, one of dense:0, dense:1: no"):
        Matched([Hints()], sums, trainer, cached=False, seed=0)
    whole = keras.Input((2,), dtype="int32")
    numbers = keras.Model(whole, keras.layers.Dense(2)(whole))
    with pytest.raises(InputError, match="the last layer .* gives no single tensor of floats"):
        Matched([Hints()], student, numbers, cached=False, seed=0)


def test_layers_without_a_name_are_numbered_within_their_network():
    """Whatever the process has built before."""
    for _ in range(2):
        layers = [keras.layers.Dense(3), keras.layers.ReLU(), keras.layers.Dense(3, name="mine"),
                  keras.layers.Dropout(0.1), keras.layers.Dense(2)]  # fmt: skip
        model = keras.Sequential([keras.Input((2,)), *layers])
        found = layer_names(model)
        assert list(found) == ["dense:0", "re_lu:0", "mine", "dense:1"]
        assert found["dense:1"] is layers[-1]


def test_a_network_within_a_network_is_a_layer():
    source = keras.Input((2,))
    inner = keras.Model(source, keras.layers.Dense(3, name="deep")(source), name="backbone")
    outer = keras.Sequential([keras.Input((2,)), inner, keras.layers.Dense(2)])
    for name in ("backbone", None):
        found = Matched([Hints(1.0, name, name)], outer, outer, cached=False, seed=0)
        x = np.array([[1.0, 2.0]], np.float32)
        logits, read = found.student(x, training=False)
        np.testing.assert_allclose(read[name], inner(x))
        np.testing.assert_allclose(logits, outer(x))


def test_bits_and_raw_inputs_are_read_alike():
    """A student of bits that were projected once, and the whole of it."""
    student = build_student({
        "input": {"kind": "dense", "shape": [6]}, "outputs": 3,
        "projection": {"name": "structured", "functions": 4, "bits": 4, "seed": 0},
        "head": {"name": "dense", "units": [5]},
    })  # fmt: skip
    x, _ = features(8)
    bits = student.projection(x).numpy()
    for inputs, cached in ((x, False), (bits.astype(np.int8), True)):
        found = Matched([Representation()], student, pair()[1], cached=cached, seed=0)
        logits, read = found.student(inputs, training=False)
        np.testing.assert_array_equal(logits, student(x))
        assert read[None].shape == (8, 5) and found.student.units == {None: 5}
        np.testing.assert_allclose(student.head.get_layer("logits")(read[None]), logits, rtol=1e-5)


def test_terms_of_two_layers_read_both():
    student, trainer = pair()
    terms = [Representation(1.0, "hidden", "logits"), Hints(1.0, "logits", "hidden")]
    found = Matched([*terms, Distillation()], student, trainer, cached=False, seed=0)
    assert found.student.units == {"hidden": 3, "logits": 2}
    assert found.trainer.units == {"logits": 2, "hidden": 4}
    assert found.learned["hints"].kernel.shape == (2, 4)
