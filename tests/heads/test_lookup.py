import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.heads.lookup import RowNumbers, lookup_head
from tests.layer_checks import check_layer, convert, operators, run


def random_bits(*shape):
    return np.random.RandomState(0).choice([-1.0, 1.0], shape).astype(np.float32)


def test_row_numbers_by_hand():
    bits = np.array([[1, -1, 1, -1, -1, -1], [-1, -1, 1, 1, 1, 1]], dtype=np.float32)
    assert RowNumbers(2, 3)(bits).numpy().tolist() == [[5, 8], [4, 15]]


def test_row_numbers_of_the_largest_tables_are_exact():
    assert RowNumbers(64, 16)(np.ones((1, 1024), np.float32)).numpy()[0, -1] == 2**22 - 1


def test_logits_are_sums_of_rows():
    head = lookup_head((4,), 2, functions=2, bits=2)
    tables = np.arange(16.0).reshape(8, 2)
    head.set_weights([tables, np.array([0.0, 100.0])])
    logits = head.predict(np.array([[1.0, -1.0, 1.0, 1.0]]), verbose=0)
    assert logits.tolist() == [(tables[1] + tables[4 + 3] + [0, 100]).tolist()]


def test_equals_the_numpy_sum():
    bits = random_bits(9, 30)
    head = lookup_head((30,), 4, functions=6, bits=5)
    tables, bias = np.random.RandomState(1).randn(6, 32, 4), np.ones(4)
    head.set_weights([tables.reshape(-1, 4), bias])
    rows = ((bits.reshape(9, 6, 5) > 0) * 2 ** np.arange(5)).sum(-1)
    expected = sum(tables[t, rows[:, t]] for t in range(6)) + bias
    np.testing.assert_allclose(head.predict(bits, verbose=0), expected, rtol=1e-5)


def test_only_the_rows_met_learn():
    head = lookup_head((4,), 2, functions=2, bits=2)
    head.compile("sgd", "mse")
    head.train_on_batch(-np.ones((1, 4), np.float32), np.ones((1, 2), np.float32))
    moved = head.get_weights()[0].any(axis=1)
    assert moved.tolist() == [True, False, False, False, True, False, False, False]


def test_head_and_tflite(tmp_path):
    bits = random_bits(6, 24)
    head = lookup_head((24,), 3, functions=4, bits=6, dropout=0.2)
    assert head.count_params() == 4 * 64 * 3 + 3
    logits = check_layer(head, bits, (3,), tmp_path)
    content = convert(head, bits)
    np.testing.assert_allclose(run(content, bits), logits, atol=1e-5)
    assert "GATHER" in operators(content) and "FULLY_CONNECTED" not in operators(content)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((34,), {"functions": 2, "bits": 17}, "bits must be 1..16, got 17"),
        ((10,), {"functions": 2, "bits": 4}, r"needs input shape \(8,\), got \(10,\)"),
        ((2048,), {"functions": 128, "bits": 16}, "at most 4194304, got 8388608"),
        ((8,), {"functions": 2, "bits": 4, "dropout": 2}, "dropout must be at least 0"),
    ],
)
def test_bad_arguments(shape, options, message):
    with pytest.raises(InputError, match=message):
        lookup_head(shape, 3, **options)
