"""Sentence encoders by hand: pooling, cutting, what is found and what is refused."""

import sys
from math import sqrt

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.trainers.encoder_files import read_encoder
from pnet_tf.trainers.sentence_encoder import SentenceEncoder
from tests.trainers.tiny_encoder import INPUTS, write_encoder

INT32, FLOAT = 6, 1


def opened(folder, length=128, pooling="mean", **changes):
    return SentenceEncoder(read_encoder(str(write_encoder(folder, **changes))), length, pooling)


def test_the_mean_of_the_tokens_at_length_one(runtime, tmp_path):
    encoder = opened(tmp_path)
    found = encoder.embed(["open", "open close", "Door DOOR door", "unknown"])
    # open close: the mean of (3, 0) and (0, 4) is (1.5, 2), of length 2.5
    wanted = [[1, 0], [0.6, 0.8], [sqrt(0.5), sqrt(0.5)], [0, 0]]
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert encoder.width == 2 and found.dtype == np.float32


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        pytest.param({"length": 1}, [1, 0], id="cut"),
        pytest.param({"pooling": "first"}, [1, 0], id="first"),
        pytest.param({"pooled": True, "pooling": "first"}, [0.6, 0.8], id="given"),
        pytest.param({"inputs": INPUTS[:1]}, [0.6, 0.8], id="ids-alone"),
        pytest.param({"kind": INT32}, [0.6, 0.8], id="int32"),
        pytest.param({"place": "onnx/model.onnx"}, [0.6, 0.8], id="in-onnx"),
    ],
)
def test_forms_of_an_export(runtime, tmp_path, options, wanted):
    np.testing.assert_allclose(opened(tmp_path, **options).embed(["open close"])[0], wanted, 1e-6)


def test_texts_without_tokens_and_of_any_characters(runtime, tmp_path):
    encoder = opened(tmp_path)
    np.testing.assert_array_equal(encoder.embed(["", "\ud800"]), np.zeros((2, 2)))
    assert encoder.embed([]).shape == (0, 2)


def test_a_text_has_one_vector_whatever_stands_beside_it(runtime, tmp_path):
    encoder = opened(tmp_path)
    texts = ["open", "open close door close", "door"] * 20
    together = encoder.embed(texts)
    np.testing.assert_array_equal(together, np.concatenate([encoder.embed([t]) for t in texts]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"inputs": ("pixel_values",)}, "inputs must be whole numbers.*got pixel_values tensor"),
        ({"inputs": (*INPUTS, "position_ids")}, "inputs must be whole .*position_ids"),
        ({"inputs": ("attention_mask",)}, "inputs must be whole numbers"),
        ({"table": ((float("nan"), 1.0),) * 4}, "no vector of finite numbers"),
        ({"table": ((1.0, 1.0),)[:0] or ((1.0,),)}, None),
    ],
    ids=["pixels", "positions", "mask-alone", "nan", "one-row"],
)
def test_models_of_another_kind_are_refused(runtime, tmp_path, changes, words):
    if words is None:  # a table without the token's row: the model fails, not the program
        encoder = opened(tmp_path, **changes)
        with pytest.raises(InputError, match="the encoder fails on a text"):
            encoder.embed(["open"])
        return
    with pytest.raises(InputError, match=words) as caught:
        opened(tmp_path, **changes)
    assert "\n" not in str(caught.value) and "model.onnx" in str(caught.value)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe no model" * 9, b"[1"])
def test_damaged_files_are_refused_by_name(runtime, tmp_path, name, content):
    write_encoder(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: (damaged|inputs must|no output)") as caught:
        SentenceEncoder(read_encoder(str(tmp_path)), 128, "mean")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", [10, 100, 200])
def test_a_cut_model_is_refused(runtime, tmp_path, cut):
    write_encoder(tmp_path)
    whole = (tmp_path / "model.onnx").read_bytes()
    (tmp_path / "model.onnx").write_bytes(whole[:cut])
    with pytest.raises(InputError, match="model.onnx: damaged"):
        SentenceEncoder(read_encoder(str(tmp_path)), 128, "mean")


@pytest.mark.parametrize("name", ["onnxruntime", "tokenizers"])
def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch, name):
    if name == "onnxruntime":
        pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=f"needs the package {name}, .*pnet-tf.encoder."):
        opened(tmp_path)
