import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.tflite.benchmark import benchmark, reference_model
from pnet_tf.tflite.probe import arena_bytes, sample_inputs, union_length
from pnet_tf.tflite.runtime import find_runtime


@pytest.mark.parametrize("xnnpack", [True, False])
def test_figures_are_in_order(text_path, xnnpack):
    found = benchmark(text_path, runs=30, xnnpack=xnnpack)
    assert 0 < found.p50_ms <= found.p90_ms <= found.p99_ms
    assert found.mean_ms > 0 and found.invoke_p50_ms > 0 and found.reference_ms > 0
    assert (found.runs, found.threads, found.runtime) == (30, 1, find_runtime().name)
    assert 16 * 12 * 4 < found.arena_bytes < 4096  # the widest tensor is float32 [16, 12]


@pytest.mark.parametrize("options", [{"runs": 0}, {"threads": 0}])
def test_values_out_of_range(text_path, options):
    with pytest.raises(InputError, match="must be 1 or more, got 0"):
        benchmark(text_path, **options)


def test_errors_name_the_file(tmp_path):
    (tmp_path / "bad.tflite").write_bytes(b"bad")
    with pytest.raises(InputError, match=r"bad\.tflite: not a TFLite file"):
        benchmark(tmp_path / "bad.tflite")


@pytest.mark.parametrize("xnnpack", [True, False])
def test_reference_is_a_matrix_product(xnnpack):
    model = reference_model(8)
    interpreter = find_runtime().interpreter(model, xnnpack=xnnpack)
    weights = np.random.default_rng(1).normal(size=(8, 8)).astype(np.float32)
    given = np.arange(64, dtype=np.float32).reshape(8, 8)
    interpreter.set_tensor(0, given)
    interpreter.invoke()
    np.testing.assert_allclose(interpreter.get_tensor(2), given @ weights.T, rtol=1e-4)


def test_arena_of_one_product_is_input_and_output():
    """8x8 float32 is 256 bytes, a multiple of 64; the weights lie in the file."""
    model = reference_model(8)
    assert arena_bytes(find_runtime().interpreter(model, xnnpack=False), model) == 2 * 256


@pytest.mark.parametrize(
    ("ranges", "length"),
    [
        ([], 0),
        ([(10, 20)], 10),
        ([(10, 20), (15, 30)], 20),
        ([(10, 20), (12, 13)], 10),
        ([(30, 40), (10, 20), (20, 25)], 25),
    ],
)
def test_union_length_by_hand(ranges, length):
    assert union_length(ranges) == length


def test_sample_inputs_reach_the_ends():
    low, high, *drawn = sample_inputs((1, 50), np.dtype("uint8"), 3)
    assert low.max() == 0 and high.min() == 255 and len(drawn) == 3
    assert all(value.dtype == np.uint8 and value.shape == (1, 50) for value in drawn)
    assert sample_inputs((1, 2), np.dtype("float32"), 1)[2].dtype == np.float32
