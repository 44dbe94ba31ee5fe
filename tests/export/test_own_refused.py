"""What cannot become a file is refused with one sentence, before anything is converted."""

import numpy as np
import pytest

from pnet_tf import InputSpec, ProjectionNet, StructuredProjection, int4_aware, keras
from pnet_tf._keras import tf
from pnet_tf.errors import InputError, WorkError
from pnet_tf.export import quantize
from pnet_tf.export.pipeline import export_student
from pnet_tf.heads.bits import dense_head
from tests.export.own_students import (
    BYTES,
    LABELS,
    Features,
    Messages,
    feature_student,
    features,
    own,
    pixels,
    text_student,
    texts,
)

LAYERS = keras.layers


@pytest.fixture
def unconverted(monkeypatch):
    """Fails the test when the converter is asked."""

    def refuse(job):
        raise AssertionError("the converter was started")

    monkeypatch.setattr(quantize, "converter", refuse)


def refused(message, student, labels=LABELS, samples=None, **options):
    """The export must end with one sentence, an InputError's, that matches."""
    with pytest.raises(InputError, match=message) as caught:
        export_student(student, labels, samples, **options)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def bits_layers(*layers):
    """Features, their bits, and then these layers."""
    x = source = keras.Input((20,))
    x = StructuredProjection(16, 8)(x)
    for layer in layers:
        x = layer(x)
    return keras.Model(source, x)


def loop():
    """A layer that goes through tokens in turn, and logits."""
    return LAYERS.Reshape((4, 32)), LAYERS.GRU(4), LAYERS.Dense(3)


class Pixels(keras.Model):
    """A convolution does not take whole numbers."""

    def __init__(self):
        super().__init__()
        self.convolution, self.flat = LAYERS.Conv2D(4, 3), LAYERS.Flatten()
        self.logits = LAYERS.Dense(3)

    def call(self, inputs):
        return self.logits(self.flat(self.convolution(inputs)))


def test_strings_for_a_subclassed_model_without_a_spec(unconverted):
    message = r"give spec, for example InputSpec\('text', \(128,\)\)$"
    for samples in (texts(4), np.array(texts(4)), np.array(texts(4), object), None):
        refused(message, Messages(), samples=samples)


def test_no_samples(unconverted):
    refused("samples are needed: real inputs that the file is compared on", feature_student())
    refused("no inputs given; at least 1 is needed", text_student(), samples=[])


@pytest.mark.parametrize("end", [LAYERS.Softmax, lambda: LAYERS.Dense(3, activation="softmax")])
def test_a_softmax_at_the_end(unconverted, end):
    refused(
        "gives probabilities; it must give logits, without a softmax$",
        bits_layers(LAYERS.Dense(3), end()), samples=features(8),
    )  # fmt: skip


def test_logits_that_are_large_are_no_probabilities():
    student = bits_layers(LAYERS.Dense(3, activation="relu"))
    assert export_student(student, LABELS, features(8), quantize="none").report.valid.examples == 0


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[:2], r"must give logits \[N, 2\], got \[8, 3\]$"),
        ((*LABELS, "fourth"), r"must give logits \[N, 4\], got \[8, 3\]$"),
        (np.array(["a", "b"]), r"must give logits \[N, 2\], got \[8, 3\]$"),
    ],
)
def test_labels_that_are_not_those_of_the_student(unconverted, labels, message):
    refused(message, feature_student(), labels, features(8))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ((1, 2, 3), r"labels\[0\] is 1; allowed: text$"),
        ("abc", "labels must be a list of text, got 'abc'$"),
        (3, "labels must be a list of text, got 3$"),
        (("a", "b", "a"), "labels hold 'a' twice; allowed: once$"),
        (("a", "", "c"), r"labels\[1\] is empty"),
        (("a", "b\nc", "d"), r"labels\[1\] is 'b\\nc'; allowed: text without control"),
    ],
)
def test_labels_that_are_no_names(unconverted, labels, message):
    refused(message, feature_student(), labels, features(8))


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        ({LABELS[0]: "hello"}, "replies for .* are 'hello'; allowed: a list of text$"),
        ({"another": ["hello"]}, "replies: replies for 'another'; allowed: the labels"),
        ({LABELS[0]: ["\x1b[2J"]}, "a reply for .* control characters$"),
        (["hello"], "replies must map labels to lists, got"),
    ],
)
def test_replies_that_cannot_be_shown(unconverted, replies, message):
    refused(message, feature_student(), samples=features(8), replies=replies)


@pytest.mark.parametrize(
    ("targets", "shape"),
    [([0, 1], "int64 .2."), ([[0]] * 8, r"int64 \[8, 1\]"), ([0.5] * 8, r"float64 \[8\]")],
)
def test_targets_that_are_not_those_of_the_samples(unconverted, targets, shape):
    refused(rf"targets must be class ids \[8\], one a sample, got {shape}$", feature_student(),
            samples=features(8), targets=targets)  # fmt: skip


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers(unconverted, value):
    student = feature_student()
    student.layers[-1].bias.assign([0.0, value, 0.0])
    refused("gives NaN or infinity; its weights are not usable$", student, samples=features(8))


def test_answers_of_another_form(unconverted):
    three = bits_layers(LAYERS.Reshape((4, 32)), LAYERS.Dense(3))
    refused(r"must give logits \[N, 3\], got \[8, 4, 3\]$", three, samples=features(8))
    x = keras.Input((20,))
    two = keras.Model(x, [LAYERS.Dense(3)(x), LAYERS.Dense(3)(x)])
    refused("does not take raw inputs float32", two, samples=features(8))


def test_two_inputs(unconverted):
    one, two = keras.Input((20,)), keras.Input((20,))
    student = keras.Model([one, two], LAYERS.Dense(3)(LAYERS.Add()([one, two])))
    refused("does not take raw inputs float32", student, samples=features(8))


def test_inputs_that_the_student_does_not_take(unconverted):
    refused(r"does not take raw inputs uint8 \[8, 10, 10, 1\]", Pixels(), samples=pixels(8))
    few, spec = features(8)[:, :7], InputSpec("dense", (7,))
    refused(r"raw inputs float32 \[8, 7\]", feature_student(), samples=few, spec=spec)
    refused(r"inputs must be float32 \[N, 20\]", feature_student(), samples=few)
    refused("inputs must be strings, got int", text_student(), samples=[1, 2])
    refused(rf"must be uint8 \[N, {BYTES}\]", text_student(), samples=np.zeros((2, 3), np.uint8))


def test_keras_3_is_another_keras(unconverted):
    keras3 = pytest.importorskip("keras")
    x = keras3.Input((20,))
    for student in (
        keras3.Model(x, keras3.layers.Dense(3)(x)),
        keras3.Sequential([keras3.layers.Dense(3)]),
    ):
        refused("student is a Keras 3 object; it must be made with tf_keras", student,
                samples=features(8))  # fmt: skip
    with pytest.raises(InputError, match="head is a Keras 3 object"):
        ProjectionNet(StructuredProjection(16, 8), keras3.Sequential())


@pytest.mark.parametrize("student", [3, None, "student", LAYERS.Dense(3), keras.Model])
def test_what_is_no_model(unconverted, student):
    refused("student must be a tf_keras Model, got", student, samples=features(8))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantize": "int2"}, "one of none, dynamic, int8, int4, auto, got 'int2'$"),
        ({"quantize": ["int8"]}, "one of none, dynamic, int8, int4, auto, got"),
        ({"top_k": 0}, r"top_k must be 1\.\.3, got 0$"),
        ({"top_k": 4}, r"top_k must be 1\.\.3, got 4$"),
        ({"max_bytes": 0}, "max_bytes must be 1 or more, got 0$"),
        ({"calibration": []}, "no inputs given"),
        ({"calibration": features(8)[:, :7]}, r"inputs must be float32 \[N, 20\]"),
    ],
)
def test_bad_options(unconverted, options, message):
    refused(message, feature_student(), samples=features(8), **options)


def test_a_regression_ranks_nothing(unconverted):
    refused("top_k does not fit a regression model", feature_student(), (), features(8), top_k=1)


def test_int4_has_no_form_of_an_embedding(unconverted):
    x = source = keras.Input((BYTES,), dtype="uint8")
    x = LAYERS.GlobalMaxPooling1D()(LAYERS.Embedding(256, 16)(x))
    student = keras.Model(source, LAYERS.Dense(3)(x))
    refused("must be none, dynamic or int8 for the lookup head, got 'int4'", student,
            samples=texts(8), quantize="int4")  # fmt: skip


def test_layers_for_int4_need_a_projection_net(unconverted):
    head = int4_aware(dense_head((128,), 3, units=(32,)))
    refused("must be a ProjectionNet", bits_layers(head), samples=features(8))


def test_targets_that_do_not_fit():
    found = own("features")
    for targets in (found.targets[:5], found.targets + 1):
        refused("targets", found.student, samples=found.samples, targets=targets)


def test_a_file_that_would_be_too_large_is_not_made():
    with pytest.raises(WorkError, match=r"would have \d+ bytes, more than the 500 asked$"):
        export_student(feature_student(), LABELS, features(8), quantize="none", max_bytes=500)


@pytest.mark.parametrize("mode", ["none", "dynamic", "int8", "int4"])
def test_a_loop_is_no_operator_of_all_runtimes(mode):
    with pytest.raises(WorkError, match="would not run everywhere: operator WHILE is not on"):
        export_student(bits_layers(*loop()), LABELS, features(8), quantize=mode)


def test_a_lookup_table_is_no_operator_of_all_runtimes():
    table = keras.layers.IntegerLookup(vocabulary=[1, 2])
    count = keras.layers.Lambda(lambda x: tf.cast(table(tf.cast(x, tf.int64)), tf.float32))
    with pytest.raises(WorkError, match="no builtin operators for lookup tables$"):
        student = bits_layers(LAYERS.Dense(3), count)
        export_student(student, LABELS, features(8), quantize="none")


def test_the_same_model_without_training_is_subclassed_and_fine():
    export = export_student(Features(), LABELS, features(8), quantize="none")
    assert export.report.parity[0].same_label == 1.0
