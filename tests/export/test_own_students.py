"""A student that a person built by hand and trained with Keras becomes a file like any other."""

from functools import cache

import numpy as np
import pytest

from pnet_tf import (
    InputSpec,
    LocalProjection,
    Projection,
    ProjectionNet,
    StructuredProjection,
    keras,
    load_bytes,
)
from pnet_tf._keras import tf
from pnet_tf.export.freeze import Job
from pnet_tf.export.pipeline import export_student
from pnet_tf.export.quantize import convert
from pnet_tf.export.student import describe_projection, infer_spec, projection_scope, student_sizes
from pnet_tf.model import answers
from pnet_tf.tflite.reader import read_model
from tests.export.own_students import (
    BYTES,
    KINDS,
    LABELS,
    Features,
    Messages,
    feature_student,
    features,
    own,
    text_student,
    texts,
    trained,
)
from tests.export.quantized_heads import bits_of

TOLERANCES = {"none": 1e-5, "dynamic": 0.05, "int8": 0.05, "int4": 0.25}
PAIRS = [(kind, mode) for kind in KINDS for mode in TOLERANCES]
LAYERS = keras.layers


@cache
def exported(kind, mode):
    found = own(kind)
    return export_student(
        found.student, LABELS, found.samples, targets=found.targets, quantize=mode
    )


@pytest.fixture(params=PAIRS, ids="-".join)
def made(request):
    """Mode, student and what it was trained on, its export."""
    kind, mode = request.param
    return mode, own(kind), exported(kind, mode)


def test_a_file_answers_as_the_keras_model(made):
    mode, found, export = made
    expected = answers(found.student, found.raw, "classification").numpy()
    scores = load_bytes(export.content, trusted=True).scores(found.samples)
    assert np.abs(scores - expected).max() < TOLERANCES[mode]


def test_bits_stay_exact(made):
    _, found, export = made
    assert set(np.unique(found.bits)) <= {-1.0, 0.0, 1.0}
    assert np.array_equal(bits_of(export.content, found.raw[:24], found.bits[:24]), found.bits[:24])


def test_the_report_is_of_this_student(made):
    mode, found, export = made
    report = export.report
    assert (report.file, report.quantize, report.size_bytes) == ("", mode, len(export.content))
    assert report.parameters == found.student.count_params()
    assert report.bits == found.bits.shape[1]
    assert report.valid.examples == 96 and report.valid.student > 0.7
    assert abs(report.valid.tflite - report.valid.student) < 0.1
    assert sum(report.bytes_by_part.values()) == report.size_bytes
    assert len(report.distinct_weights) == 2 and report.macs > report.parameters / 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_says_what_it_takes_and_what_projects(kind):
    found, metadata = own(kind), load_bytes(exported(kind, "none").content, trusted=True).metadata
    assert metadata.input_spec == found.spec and metadata.labels == LABELS
    names = {"text": "TextProjection", "image": "LocalProjection"}
    assert metadata.projection["name"] == names.get(kind, "StructuredProjection")
    assert metadata.projection["seed"] == 0 and "trainable" not in metadata.projection


@pytest.mark.parametrize("kind", KINDS)
def test_fewer_bits_fewer_bytes(kind):
    sizes = [exported(kind, mode).report.size_bytes for mode in ("none", "int8", "int4")]
    assert sizes == sorted(sizes, reverse=True)


def test_a_saved_file_predicts(tmp_path):
    from pnet_tf import load_model

    report = exported("text", "dynamic").save(tmp_path / "m.tflite")
    assert report.file == str(tmp_path / "m.tflite")
    (answer,) = load_model(tmp_path / "m.tflite").predict(["where are you"])
    assert (answer.input, answer.label) == ("where are you", "first") and answer.score > 0.5


def test_a_subclassed_text_model_is_told_its_spec():
    spec, messages = InputSpec("text", (BYTES,)), texts()
    raw, targets = spec.encode(messages).array, np.arange(96) % 3
    student = trained(Messages(), raw, targets)
    export = export_student(student, list(LABELS), messages, targets=targets, spec=spec)
    assert export.report.quantize == "dynamic" and export.report.valid.tflite > 0.9
    answer = load_bytes(export.content, trusted=True).predict("thanks a lot")[0]
    assert answer.label == "second"


def test_a_regression_has_no_labels():
    rows = features()
    student = feature_student(outputs=2)
    student.compile("adam", "mse")
    student.fit(rows, rows[:, :2], epochs=2, verbose=0)
    export = export_student(student, samples=rows, targets=rows[:, :2], quantize="none")
    model = load_bytes(export.content, trusted=True)
    assert (model.metadata.task, model.labels) == ("regression", ())
    expected = student(rows).numpy()
    np.testing.assert_allclose(model.scores(rows), expected, atol=1e-4)
    np.testing.assert_allclose(model.predict(rows[:1])[0].values, expected[0], atol=1e-4)
    mse = float(np.mean((expected - rows[:, :2]) ** 2))
    assert export.report.valid.student == pytest.approx(mse, rel=1e-3)


@pytest.mark.parametrize(
    ("samples", "kind"),
    [
        (np.zeros((2, 48), np.uint8), "text"),
        (np.zeros((2, 9, 8, 3), np.uint8), "image"),
        (np.zeros((2, 7), np.float32), "dense"),
    ],
)
def test_samples_tell_the_spec_of_a_subclassed_model(samples, kind):
    assert infer_spec(Features(), samples) == InputSpec(kind, samples.shape[1:])


def test_an_input_tells_more_than_samples_and_the_student_itself_most():
    student = text_student()
    assert infer_spec(student, np.zeros((2, 7), np.float32)) == InputSpec("text", (BYTES,))
    student.spec = InputSpec("text", (9,))
    assert infer_spec(student, ["hi"]) == InputSpec("text", (9,))


def test_nothing_is_described_where_several_project():
    x = keras.Input((20,))
    y = LAYERS.Concatenate()([StructuredProjection(8, 8, seed=s)(x) for s in (0, 1)])
    student = keras.Model(x, LAYERS.Dense(3)(y))
    assert describe_projection(student) == {}
    assert student_sizes(student, InputSpec("dense", (20,))) == (128 * 3 + 3, 128)


def test_sizes_of_students_of_any_make():
    x = keras.Input((36,))
    pixels = LAYERS.Reshape((6, 6, 1))(x)
    bits = LocalProjection(4)(pixels)
    student = keras.Model(x, LAYERS.Dense(3)(LAYERS.Flatten()(bits)))
    assert student_sizes(student, InputSpec("dense", (36,))) == (144 * 3 + 3, 144)

    class Head(keras.Model):
        def __init__(self):
            super().__init__()
            self.logits = LAYERS.Dense(3)

        def call(self, bits, training=None):
            return self.logits(bits)

    net = ProjectionNet(StructuredProjection(8, 5), Head())
    net(tf.zeros((1, 20)))
    assert student_sizes(net, InputSpec("dense", (20,))) == (40 * 3 + 3, 40)
    two = keras.Model(x, LAYERS.Dense(3)(x))  # no projection, no bits
    assert student_sizes(two, InputSpec("dense", (36,))) == (36 * 3 + 3, 0)


def inner_types(student, spec, samples, mode):
    """Operators of the projection: the types of all that they read and compute."""
    job, scope = Job(student, spec, "classification", 3, samples), projection_scope(student)
    model = convert(job, mode)
    graph = read_model(model).subgraphs[0]
    inside = [n for n in graph.operators if scope.match(graph.tensors[n.outputs[0]].name)]
    assert len(inside) >= 2
    scaled = {
        graph.tensors[index].type
        for node in inside
        for index in (*node.inputs, *node.outputs)
        if index >= 0 and graph.tensors[index].scales and node.name != "QUANTIZE"
    }
    return model, scaled


@pytest.mark.parametrize("mode", ["dynamic", "int8"])
@pytest.mark.parametrize("kind", ["text", "image"])
def test_no_tensor_of_the_projection_is_quantised(kind, mode):
    found = own(kind)
    assert inner_types(found.student, found.spec, found.raw[:24], mode)[1] == set()


@pytest.mark.parametrize("mode", ["dynamic", "int8"])
def test_what_comes_before_the_projection_is_exact_too(mode):
    """Pixels scaled to -1..1 first: rounded to 8 bits, many of their signs would flip."""
    x = source = keras.Input((6, 6, 3), dtype="uint8")
    scaling = LAYERS.Rescaling(1 / 127.5, offset=-1.0)
    projection = StructuredProjection(16, 8)
    x = LAYERS.Dense(32, activation="relu")(projection(scaling(x)))
    student = keras.Model(source, LAYERS.Dense(3)(x))
    samples = np.random.default_rng(0).integers(0, 256, (24, 6, 6, 3), dtype=np.uint8)
    model, scaled = inner_types(student, InputSpec("image", (6, 6, 3)), samples, mode)
    expected = projection(scaling(samples)).numpy()
    assert scaled == set() and np.array_equal(bits_of(model, samples, expected), expected)


class RandomMatrix(Projection):
    """A projection from outside, which holds its matrix as it is."""

    def build(self, input_shape):
        rng = np.random.default_rng(0)
        self._matrix = rng.normal(size=(input_shape[-1], 128)).astype(np.float32)
        super().build(input_shape)

    def call(self, inputs):
        return tf.sign(tf.matmul(inputs, self._matrix))


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_a_projection_from_outside_is_exact(mode):
    rows, projection = features(24), RandomMatrix()
    x = keras.Input((20,))
    student = keras.Model(x, LAYERS.Dense(3)(LAYERS.Dense(32, activation="relu")(projection(x))))
    model, scaled = inner_types(student, InputSpec("dense", (20,)), rows, mode)
    expected = projection(rows).numpy()
    assert scaled == set() and np.array_equal(bits_of(model, rows, expected), expected)


@pytest.mark.parametrize("kind", ["local", "outside"])
def test_a_big_projection_is_exact_in_dynamic(kind):
    """48 filters of 3 x 3 over three channels: 1,296 weights, as the image recipe has them.

    The pictures are dim: pixels that reach 255 are the same numbers after rounding to 8 bits.
    """
    local = kind == "local"
    spec = InputSpec("image", (8, 8, 3)) if local else InputSpec("dense", (20,))
    projection = LocalProjection(48) if local else RandomMatrix()
    x = source = keras.Input(spec.shape, dtype=spec.dtype)
    x = projection(x)
    x = LAYERS.GlobalAveragePooling2D()(x) if local else x
    student = keras.Model(source, LAYERS.Dense(3)(x))
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 200, (24, 8, 8, 3), dtype=np.uint8)
    samples = pictures if local else features(24)
    model, scaled = inner_types(student, spec, samples, "dynamic")
    expected = projection(samples).numpy().reshape(24, -1)
    assert np.array_equal(bits_of(model, samples, expected), expected)
    assert scaled == set()
