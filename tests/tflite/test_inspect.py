import pytest

from pnet_tf.errors import InputError
from pnet_tf.tflite.flatbuffer import set_metadata_entry
from pnet_tf.tflite.inspect import TensorInfo, inspect_model
from pnet_tf.tflite.metadata import rehash
from tests.tflite.small_models import LABELS, text_metadata


def test_text_model(text_path):
    info = inspect_model(text_path)
    assert (info.input_kind, info.input_bytes, info.input_shape) == ("text", 16, None)
    assert info.labels == LABELS and info.operators["FULLY_CONNECTED"] == 2
    assert info.size_bytes == text_path.stat().st_size == sum(info.bytes_by_part.values())
    assert info.oldest_runtime == "tflite-runtime 2.14.0" and info.compatibility_problems == ()
    assert info.inputs == (TensorInfo("bytes", "UINT8", (1, 16)),)
    assert info.outputs == (TensorInfo("scores", "FLOAT32", (1, 5)),)
    assert info.metadata.projection == text_metadata().projection


def test_image_dense_and_top_k_models(image_path, dense_path, top_k_path):
    image, dense = inspect_model(image_path), inspect_model(dense_path)
    assert (image.input_bytes, image.input_shape) == (None, (4, 4, 1))
    assert (dense.input_shape, dense.labels) == ((3,), ())
    assert dense.outputs == (TensorInfo("values", "FLOAT32", (1, 2)),)
    assert [item.name for item in inspect_model(top_k_path).outputs] == ["indices", "scores"]


def test_errors_name_the_file(tmp_path, converted):
    (tmp_path / "other.tflite").write_bytes(converted)
    with pytest.raises(InputError, match=r"other\.tflite: not a pnet_tf model"):
        inspect_model(tmp_path / "other.tflite")


def test_it_starts_no_runtime(text_path, monkeypatch):
    def refuse(*args, **options):
        raise AssertionError("a runtime was started")

    monkeypatch.setattr("pnet_tf.tflite.runtime.find_runtime", refuse)
    monkeypatch.setattr("pnet_tf.tflite.model.find_runtime", refuse)
    monkeypatch.setattr("pnet_tf.tflite.model.probe", refuse)
    inspect_model(text_path)


def test_another_entry_beside_ours_is_kept(text_model, save):
    path = save(rehash(set_metadata_entry(text_model, "other", b"x" * 40)))
    info = inspect_model(path)
    assert (
        info.bytes_by_part["metadata"] > inspect_model(save(text_model)).bytes_by_part["metadata"]
    )
