"""`load_model(path).predict(...)`: what people have in, ranked labels or values out."""

import numpy as np
import pytest
from PIL import Image

from pnet_tf import load_model
from pnet_tf.errors import InputError
from pnet_tf.tflite.metadata import write_metadata
from pnet_tf.tflite.model import Answer, Prediction, load_bytes
from tests.tflite.small_models import CLASSES, LABELS, random_bytes, text_metadata

PIXELS = np.arange(16, dtype=np.uint8).reshape(4, 4)  # the last row is the brightest


@pytest.fixture(scope="module")
def model(text_path):
    return load_model(text_path)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "a.png"
    Image.fromarray(PIXELS).save(path)
    return path


def test_a_message(model):
    (answer,) = model.predict(["where r u"])
    assert answer.input == "where r u" and answer.values == ()
    assert len({found.label for found in answer.predictions}) == 3
    assert answer.label == answer.predictions[0].label in LABELS
    assert answer.score == answer.predictions[0].score == model.scores(["where r u"]).max()


def test_a_lone_string_is_one_message_and_an_empty_one_too(model):
    assert model.predict("where r u") == model.predict(["where r u"])
    assert [answer.input for answer in model.predict("")] == [""]


def test_ranking_falls_and_agrees_with_the_scores(model):
    texts = ["hi", "thank you", "see you", "sure"]
    for row, answer in zip(model.scores(texts), model.predict(texts), strict=True):
        order = np.argsort(-row, kind="stable")[:3]
        assert answer.predictions == tuple(Prediction(LABELS[i], float(row[i])) for i in order)
        assert [p.score for p in answer.predictions] == sorted(row.tolist(), reverse=True)[:3]


def test_top_is_a_limit(model):
    assert [len(model.predict("hi", top)[0].predictions) for top in (1, 2, 99)] == [1, 2, CLASSES]
    with pytest.raises(InputError, match="top must be 1 or more, got 0"):
        model.predict("hi", top=0)


@pytest.mark.parametrize("many", [list, tuple, iter, lambda texts: np.array(texts, object)])
def test_a_batch_keeps_its_order_whatever_it_comes_in(model, many):
    texts = [f"message {number}" for number in range(20)]
    answers = model.predict(many(texts))
    assert [answer.input for answer in answers] == texts
    assert answers == [model.predict(text)[0] for text in texts]


def test_a_text_array_without_an_axis_is_one_message(model):
    assert model.predict(np.array("hi")) == model.predict("hi")


def test_bytes_have_no_name(model):
    answers = model.predict(random_bytes(2))
    assert [answer.input for answer in answers] == ["", ""]
    assert model.predict(random_bytes(0)) == []


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([], "no inputs given; at least 1 is needed"),
        (np.array([], object), "no inputs given; at least 1 is needed"),
        ([3], "inputs must be strings, got int"),
        (["hi", None], "inputs must be strings, got NoneType"),
        ([b"hi"], "inputs must be strings, got bytes"),
        (3, "inputs must be a list or an array, got int"),
        (None, "inputs must be a list or an array, got NoneType"),
        (np.array(3, object), "inputs must be strings, got int"),
    ],
)
def test_what_is_no_message_is_one_sentence(model, inputs, message):
    with pytest.raises(InputError, match=f"^{message}$"):
        model.predict(inputs)


def test_replies_are_those_of_the_best_label(text_model, model):
    best = model.predict("hello")[0].label
    replies = {best: ("hi", "hey 👋"), "none such": ("no",)}
    answering = load_bytes(write_metadata(text_model, text_metadata(replies=replies)), trusted=True)
    assert answering.predict("hello")[0].replies == ("hi", "hey 👋")
    other = load_bytes(
        write_metadata(text_model, text_metadata(replies={"none such": ("no",)})), trusted=True
    )
    assert other.predict("hello")[0].replies == ()


def test_a_top_k_model_ranks_its_k_labels(model, top_k_path):
    top, texts = load_model(top_k_path), ["hi", "bye", "oh well"]
    for full, found in zip(model.predict(texts, 2), top.predict(texts, 5), strict=True):
        assert [p.label for p in found.predictions] == [p.label for p in full.predictions]
        np.testing.assert_allclose(found.score, full.score, atol=1e-6)


def test_pixels_and_image_files(image_path, picture):
    model = load_model(image_path)
    batch = np.stack([PIXELS, PIXELS[::-1]])[..., None]
    assert [answer.label for answer in model.predict(batch)] == [LABELS[3], LABELS[0]]
    (of_file,) = model.predict([picture])
    assert of_file.input == str(picture)
    assert of_file.predictions == model.predict(batch)[0].predictions
    assert model.predict(str(picture)) == model.predict(picture) == [of_file]
    mixed = model.predict([PIXELS[..., None], picture])
    assert [answer.input for answer in mixed] == ["", str(picture)]
    for unequal in ([batch[0], batch[0, :3]], [batch[0, :3]], [[[1], [2, 3]]]):
        with pytest.raises(InputError, match="^inputs must be "):
            model.predict(unequal)


def test_unfit_images(image_path, tmp_path):
    model = load_model(image_path, trusted=True)
    Image.new("L", (5, 4)).save(tmp_path / "wide.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "colour.png")
    Image.new("L", (4, 4)).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:50])
    (tmp_path / "text.png").write_text("no image")
    for name in ("wide", "colour", "cut", "text", "missing"):
        with pytest.raises(InputError, match=name):
            model.predict([tmp_path / f"{name}.png"])
    for array in (PIXELS, PIXELS[None], PIXELS[None, ..., None].astype(np.float32)):
        with pytest.raises(InputError, match=r"inputs must be uint8 \[N, 4, 4, 1\], got"):
            model.predict(array)


def test_values_of_a_regression_by_hand(dense_path, tmp_path):
    """The model says twice the first feature, and the sum of all."""
    model = load_model(dense_path)
    for rows in ([[1, 2, 3], [0.5, 0, -1]], np.array([[1, 2, 3], [0.5, 0, -1]])):
        assert model.predict(rows) == [Answer("", values=(2, 6)), Answer("", values=(1, -0.5))]
    np.save(tmp_path / "row.npy", np.array([1, 2, 3]))
    found = model.predict([tmp_path / "row.npy"])
    assert found == [Answer(str(tmp_path / "row.npy"), values=(2, 6))]
    assert model.labels == ()


def test_unfit_rows(dense_path, tmp_path):
    model = load_model(dense_path, trusted=True)
    np.save(tmp_path / "wide.npy", np.zeros(4))
    (tmp_path / "text.npy").write_text("1, 2, 3")
    for rows in (
        [[1, 2, 3, 4]], [[1], [2, 3]], [["a", "b", "c"]], [[1, 2, float("inf")]], [[1, 2, 1e300]],
        [1, 2, 3], np.zeros((1, 2), np.float32), np.zeros(3, np.float32), [tmp_path / "wide.npy"],
        [tmp_path / "text.npy"], [tmp_path / "none.npy"], [], "none.npy",
    ):  # fmt: skip
        with pytest.raises(InputError):
            model.predict(rows)
