"""Text projection: exact values beside a NumPy reference, properties, bad arguments."""

import numpy as np
import pytest

from pnet_tf._keras import tf
from pnet_tf.data import encode_text
from pnet_tf.errors import InputError
from pnet_tf.projections.text import TextProjection, byte_table, multipliers, text_vectors

MESSAGES = [
    "Hello, how are u?? 😀",
    "it's 10 o'clock!",
    "",
    "a" * 300,
    " x\ty\nz ",
    "! ? !",
    "ÄÖÜ ß",
]


def wrap(value: int) -> int:
    """A Python integer as two's complement int32."""
    return (value + 2**31) % 2**32 - 2**31


def reference(message: bytes, tokens: int, columns: int, hashes: int, words: int, seed: int):
    """The definition of the module's docstring, one byte at a time with Python integers."""
    k = [int(value) for value in multipliers(seed, hashes, words)]
    code = [int(byte_table()[byte]) for byte in message]
    at = lambda i: code[i] if 0 <= i < len(code) else 0  # noqa: E731
    out = np.zeros((tokens, columns), int)
    token, word, owner = -1, [0] * tokens, [0] * len(code)

    def put(row: int, hashed: int, constant: int) -> None:
        top = wrap(hashed * constant) >> (31 - columns.bit_length() + 1)
        out[row, top % columns] += 1 if top >= 0 else -1

    for i, c in enumerate(code):
        letter, before = c > 30, at(i - 1) > 30
        token += c > 0 and not (letter and before)
        row = owner[i] = min(max(token, 0), tokens - 1)
        if not c:
            continue
        p, n = at(i - 1), at(i + 1)
        m = at(i + 2) if n else 0
        one = c * k[0]
        two = one + n * k[1]
        three = wrap(two + p * k[2])
        four = three + m * k[3]
        for order, form in enumerate((one, two, three, four)):
            for constant in k[4 + order * hashes : 4 + (order + 1) * hashes]:
                put(row, form, constant)
        word[row] = wrap(word[row] + three * three)
    for row in range(tokens):
        if word[row]:
            for constant in k[4 + 4 * hashes :]:
                put(row, word[row], constant)
    return np.sign(out)


@pytest.mark.parametrize("columns", [64, 256])
def test_equals_the_reference(columns):
    encoded = encode_text(MESSAGES, 96).bytes
    found = text_vectors(tf.constant(encoded), multipliers(5, 2, 4), 6, columns, 2).numpy()
    for row, message in enumerate(encoded):
        expected = reference(bytes(message), 6, columns, 2, 4, 5)
        np.testing.assert_array_equal(found[row], expected, MESSAGES[row])


def test_batch_and_single_message_agree():
    encoded = encode_text(MESSAGES, 64).bytes
    layer = TextProjection(functions=8, bits=8, tokens=5, seed=3)
    together = layer(tf.constant(encoded)).numpy()
    for row in range(len(encoded)):
        np.testing.assert_array_equal(layer(tf.constant(encoded[row : row + 1]))[0], together[row])


@pytest.mark.parametrize(
    ("message", "count"),
    [("", 0), ("   ", 0), ("hello", 1), ("don't stop", 2), ("so, what?!", 5), ("a b c d e f", 4)],
)
def test_number_of_tokens(message, count):
    layer = TextProjection(tokens=4 if count == 4 else 8)
    vectors = layer(tf.constant(encode_text([message], 32).bytes)).numpy()[0]
    assert np.abs(vectors).max(-1).sum() == count


def test_case_folds_and_white_space_does_not_matter():
    layer = TextProjection(tokens=4)
    one, two = layer(tf.constant(encode_text(["Hello You", "hello \t you"], 32).bytes)).numpy()
    np.testing.assert_array_equal(one, two)


def test_words_keep_their_vector_in_another_place():
    layer = TextProjection(tokens=4)
    one, two = layer(tf.constant(encode_text(["call me", "please call me"], 32).bytes)).numpy()
    np.testing.assert_array_equal(one[0], two[1])


def test_near_duplicates_share_more_than_strangers():
    words = ["tomorrow", "tomorow", "kitchen"]
    layer = TextProjection(tokens=1)
    vectors = layer(tf.constant(encode_text(words, 32).bytes)).numpy()[:, 0]
    near, far = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert near > 2 * abs(far)


def test_byte_table_by_hand():
    table = byte_table()
    assert table[ord("A")] == table[ord("a")] == 97
    assert table[ord(" ")] == table[0] == table[ord("\n")] == 0
    assert 0 < table[ord("!")] < table[ord("?")] <= 30
    assert table[ord("'")] == ord("'") and table[200] == 200
    assert len(set(table.tolist())) == 256 - 26 - 33  # folded letters; white space but the first


def test_seed_decides_and_config_rebuilds():
    data = tf.constant(encode_text(MESSAGES, 64).bytes)
    layer = TextProjection(functions=8, bits=8, seed=1)
    again = TextProjection.from_config(layer.get_config())
    np.testing.assert_array_equal(layer(data), again(data))
    assert np.any(layer(data) != TextProjection(functions=8, bits=8, seed=2)(data))
    assert not layer.weights


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bits": 0}, "bits must be 1..32, got 0"),
        ({"bits": 64}, "bits must be 1..32, got 64"),
        ({"functions": 3, "bits": 5}, "power of two"),
        ({"tokens": 0}, "tokens must be"),
        ({"hashes": 0}, "hashes must be"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_bad_arguments(options, words):
    with pytest.raises(InputError, match=words):
        TextProjection(**options)
