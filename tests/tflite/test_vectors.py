"""Inputs and answers for clients in other languages: what is in them, and that they are true."""

import json

import numpy as np
import pytest

from pnet_tf.data.spec import InputSpec
from pnet_tf.errors import InputError
from pnet_tf.tflite.metadata import write_metadata
from pnet_tf.tflite.model import load_bytes, load_model
from pnet_tf.tflite.ranking import Ranking
from pnet_tf.tflite.vector_inputs import MOST_VALUES, vector_inputs
from pnet_tf.tflite.vectors import check_vectors_target, make_vectors
from tests.tflite.small_models import BYTES, LABELS, text_metadata

RULE = Ranking(threshold=0.9, affirmative=("yes",), negative=("no",))
REPLIES = {"greet": ("hi", "hey 👋"), "yes": ("Yes",), "no": ("No",), "bye": ("Bye",)}
CASES = {
    "ascii", "accents", "emoji", "right-to-left", "other scripts", "empty", "few characters",
    "too long", "about as long as fits", "cut inside a character", "lone surrogates",
    "broken UTF-8", "broken UTF-8 in the tensor",
}  # fmt: skip


@pytest.fixture(scope="module")
def ranked(text_model) -> bytes:
    return write_metadata(text_model, text_metadata(replies=REPLIES, ranking=RULE))


@pytest.fixture(scope="module")
def found(ranked):
    own = InputSpec("text", (BYTES,)).encode(["mine", "ours é"]).array
    return make_vectors(ranked, own, trusted=True)


@pytest.mark.parametrize("size", [1, 2, 16, 128, 300])
def test_messages_of_every_kind_for_every_length(size):
    items = vector_inputs(InputSpec("text", (size,)))
    assert len(items) >= 500
    assert {item.case for item in items} == CASES
    long = [item.message for item in items if item.case == "too long"]
    assert len(long) >= 40 and all(len(text.encode()) > size for text in long)
    assert max(map(len, long)) == 100_000
    for item in items:
        if item.case == "broken UTF-8":
            assert item.message == item.raw.decode("utf-8", "replace") and "\ufffd" in item.message
        if item.message is None:
            assert 1 <= len(item.raw) <= size and 0 not in item.raw
    surrogates = [item.message for item in items if item.case == "lone surrogates"]
    assert all(any(0xD800 <= ord(c) < 0xE000 for c in text) for text in surrogates)


def test_messages_are_cut_before_the_character_that_does_not_fit():
    spec = InputSpec("text", (128,))
    texts = [i.message for i in vector_inputs(spec) if i.case == "cut inside a character"]
    rows = spec.encode(texts).array
    kept = [row.tobytes().rstrip(b"\0") for row in rows]
    assert {len(row) for row in kept} == {125, 126, 127, 128}
    assert all(text.encode().startswith(row) for text, row in zip(texts, kept, strict=True))
    assert all(row.decode() for row in kept)


def test_inputs_are_the_same_each_time_and_few_where_they_are_large():
    for kind, shape in (("text", (40,)), ("image", (5, 4, 3)), ("dense", (6,))):
        one, two = vector_inputs(InputSpec(kind, shape)), vector_inputs(InputSpec(kind, shape))
        for a, b in zip(one, two, strict=True):
            assert (a.case, a.message, a.raw) == (b.case, b.message, b.raw)
            np.testing.assert_array_equal(a.row, b.row)
    assert len(vector_inputs(InputSpec("image", (28, 28, 1)))) == 512
    large = vector_inputs(InputSpec("image", (256, 256, 3)))
    assert len(large) * 256 * 256 * 3 <= MOST_VALUES or len(large) == 8
    assert {item.row.dtype.name for item in large} == {"uint8"}


def test_answers_are_those_of_the_file(found, ranked):
    for name, xnnpack in (("xnnpack", True), ("builtin", False)):
        model = load_bytes(ranked, xnnpack=xnnpack, trusted=True)
        for vector in found.vectors[::7]:
            if vector.message is None:
                given = np.zeros((1, BYTES), np.uint8)
                given[0, : len(vector.values)] = vector.values
            else:
                given = [vector.message]
            (answer,) = model.predict(given)
            expected = vector.expected[name]
            assert answer.replies == expected.replies
            assert [p.label for p in answer.predictions] == [LABELS[i] for i in expected.top]
            np.testing.assert_array_equal(model.scores(given)[0], expected.scores)
    assert {bool(v.expected["xnnpack"].replies) for v in found.vectors} == {True, False}


def test_own_inputs_are_messages_again(found):
    own = [vector for vector in found.vectors if vector.case == "own"]
    assert [vector.message for vector in own] == ["mine", "ours é"]
    assert own[0].values.tolist() == list(b"mine")


def test_the_file_is_ascii_and_gives_every_float_back(found, tmp_path):
    path = tmp_path / "v.json"
    found.save(path)
    assert path.read_bytes().isascii()
    stored = json.loads(path.read_text())
    assert stored["version"] == 1 and stored["sha256"] == found.metadata.sha256
    assert len(stored["vectors"]) == len(found.vectors) > 500
    for plain, vector in zip(stored["vectors"], found.vectors, strict=True):
        assert plain["message"] == vector.message
        assert plain["bytes"] == vector.values.tolist()
        scores = np.array(plain["builtin"]["scores"], np.float32)
        np.testing.assert_array_equal(scores, vector.expected["builtin"].scores)


def test_what_hinges_on_next_to_nothing_is_marked(text_model, ranked):
    clear = make_vectors(ranked, trusted=True)
    score = max(clear.vectors[0].expected["xnnpack"].scores)
    edge = Ranking(threshold=score * (1 + 1e-6))
    replies = {label: ("ok",) for label in LABELS}
    changed = write_metadata(text_model, text_metadata(replies=replies, ranking=edge))
    assert not clear.vectors[0].close
    assert make_vectors(changed, trusted=True).vectors[0].close


def test_other_kinds(image_path, dense_path, top_k_path):
    image = make_vectors(image_path.read_bytes(), trusted=True).to_json()
    assert len(image["vectors"]) == 512
    assert len(image["vectors"][3]["pixels"]) == 16 and "message" not in image["vectors"][3]
    assert image["vectors"][3]["builtin"]["replies"] is None
    dense = make_vectors(dense_path.read_bytes(), trusted=True).to_json()
    first, values = dense["vectors"][1]["features"], dense["vectors"][1]["xnnpack"]["scores"]
    assert values == pytest.approx([2 * first[0], sum(first)])
    assert dense["vectors"][1]["xnnpack"]["top"] == []
    top = make_vectors(top_k_path.read_bytes(), trusted=True).vectors[0].expected["xnnpack"]
    assert len(top.top) == 2 and sum(score > 0 for score in top.scores) == 2
    assert top.scores[top.top[0]] == load_model(top_k_path).scores([_first()])[0].max()


def _first() -> str:
    return vector_inputs(InputSpec("text", (BYTES,)))[0].message


def test_refused(tmp_path):
    with pytest.raises(InputError, match="not a TFLite"):
        make_vectors(b"no model at all, but long enough to be looked at")
    with pytest.raises(InputError, match="is the model itself"):
        check_vectors_target(tmp_path / "m.tflite", str(tmp_path / "." / "m.tflite"))
    with pytest.raises(InputError, match="does not exist"):
        check_vectors_target(tmp_path / "none" / "v.json", tmp_path / "m.tflite")
