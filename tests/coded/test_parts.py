"""Numbers as bytes, frequencies, gap classes and rANS, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pnet_tf.coded import frequencies, gaps, rans
from pnet_tf.coded.compiled import encoders
from pnet_tf.coded.frequencies import Frequencies
from pnet_tf.coded.wire import Reader, best_order, golomb, golomb_bits, read_golomb, varint
from pnet_tf.errors import InputError


@pytest.mark.parametrize("number, data", [
    (0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02"), (16384, b"\x80\x80\x01"),
])  # fmt: skip
def test_varint(number, data):
    assert varint(number) == data
    assert Reader(data).varint(number, number) == number


def test_varint_outside_its_limits():
    with pytest.raises(InputError, match="larger than 299"):
        Reader(b"\xac\x02").varint(299)
    with pytest.raises(InputError, match="smaller than 301"):
        Reader(b"\xac\x02").varint(400, 301)
    with pytest.raises(InputError, match="end too early"):
        Reader(b"\xac").varint(400)
    with pytest.raises(InputError, match="larger"):
        Reader(b"\x80" * 1000).varint(1 << 62)


def test_golomb_by_hand():
    """Order 0: 1; 010; 011, the first bit the lowest: 1 + 4 + 32 + 64."""
    assert golomb([0, 1, 2], 0) == bytes([101])
    assert golomb_bits(np.array([0, 1, 2]), 0) == 7
    assert golomb([5], 1) == bytes([0b1110])  # h = 3: 0, 1, 1; the low bit 1


@given(st.lists(st.integers(0, 40000), min_size=1, max_size=40))
def test_golomb_comes_back(numbers):
    order, bits = best_order(np.array(numbers))
    data = golomb(numbers, order)
    assert len(data) == (bits + 7) // 8
    assert read_golomb(Reader(data), len(numbers), order, 40000) == numbers


def test_golomb_past_its_largest():
    with pytest.raises(InputError, match="larger than 4"):
        read_golomb(Reader(golomb([5], 0)), 1, 0, 4)
    with pytest.raises(InputError, match="larger than 4"):
        read_golomb(Reader(bytes(100)), 1, 0, 4)


def test_frequencies_by_hand():
    assert frequencies.quantise(np.array([3, 1]), 2).of.tolist() == [3, 1]
    assert frequencies.quantise(np.array([1000, 1, 1]), 2).of.tolist() == [2, 1, 1]
    assert frequencies.quantise(np.array([1, 0, 2]), 2).of.tolist() == [1, 0, 3]
    assert frequencies.quantise(np.array([9]), 0).of.tolist() == [1]


def test_bits_and_slots_by_hand():
    table = Frequencies(2, np.array([3, 0, 1]))
    assert table.starts.tolist() == [0, 3, 3]
    assert table.bits(np.array([0, 0, 5])) == 10
    steps, symbols = frequencies.slots(table)
    assert symbols.tolist() == [0, 0, 0, 2]
    assert steps.tolist() == [2 << 16, 2 << 16 | 1, 2 << 16 | 2, 0]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=300), st.booleans())
def test_chosen_frequencies_come_back_and_are_near_the_entropy(counts, exact):
    counts = np.array([*counts, 1])
    table, bits = frequencies.choose(counts, 0, exact)
    assert table.of.sum() == 1 << table.precision and np.all(table.of[counts > 0] > 0)
    read = frequencies.read(Reader(frequencies.write(table, 0)), len(counts), 0)
    assert read.of.tolist() == table.of.tolist() and read.precision == table.precision
    assert bits >= frequencies.entropy_bits(counts)
    data = 8 * len(frequencies.write(table, 0))
    assert bits - data <= 1.02 * frequencies.entropy_bits(counts) + 8 * data + 64


def test_frequencies_that_do_not_sum_up():
    table = frequencies.write(Frequencies(1, np.array([3, 1])), 1)
    with pytest.raises(InputError, match="sum up|larger"):
        frequencies.read(Reader(table), 2, 1)


GAPS = [0, 1, 2, 3, 4, 7, 8, 9, 10, 15, 16]


@pytest.mark.parametrize("mantissa, expected", [
    (0, [0, 1, 2, 2, 3, 3, 4, 4, 4, 4, 5]), (2, [0, 1, 2, 3, 4, 7, 8, 8, 9, 11, 12]),
])  # fmt: skip
def test_gap_classes_by_hand(mantissa, expected):
    assert gaps.classes(np.array(GAPS), mantissa).tolist() == expected


@given(st.integers(0, (1 << 25) - 1), st.integers(0, gaps.MOST_MANTISSA))
def test_a_gap_is_its_class_and_its_low_bits(gap, mantissa):
    (at,) = gaps.classes(np.array([gap]), mantissa)
    (low,) = gaps.low_bits(np.array([gap]), mantissa)
    base = gaps.class_bases(at + 1, mantissa)[at]
    assert gaps.class_lows(at + 1, mantissa)[at] == low <= gaps.MOST_LOW
    assert base <= gap < base + (1 << low) and base % (1 << low) == 0
    assert at < gaps.most_classes(mantissa)


def test_gaps_of_blocks_by_hand():
    found = gaps.gaps_of(np.array([1, 2, 6]), np.array([0, 4, 6, 9]))
    assert [part.tolist() for part in found] == [[1, 0, 1], [2], [0, 2]]


def test_rans_by_hand():
    """Frequencies 3 and 1 of 4: 0 -> 0 -> 3 -> 4, the last symbol pushed first."""
    table = Frequencies(2, np.array([3, 1]))
    assert rans.encode(rans.items_of([0, 1, 0], table)) == (4, [])
    decoder = rans.Decoder(4, [])
    assert [decoder.symbol(table) for _ in range(3)] == [0, 1, 0]
    decoder.finish()


def test_a_full_state_writes_a_word():
    """0x12345 has room for 15 bits, and then none: its low word 0x8000 is written."""
    words = []
    state = rans.push(0x12345, (1, 0, 15), words)
    assert (state, words) == (0x91A28000, [])
    assert rans.push(state, (1, 1, 15), words) == 0x48D10001 and words == [0x8000]


def test_a_stream_that_is_not_used_up():
    with pytest.raises(InputError, match="does not end"):
        rans.Decoder(1, []).finish()
    with pytest.raises(InputError, match="does not end"):
        rans.Decoder(0, [7]).finish()


@pytest.mark.parametrize("state, words", [
    (0, 0), (255, 0), (65536, 0), (1 << 31, 0), (65536, 1), (1 << 31, 1), (1 << 24, 9),
    ((1 << 24) - 1, 9),
])  # fmt: skip
def test_the_size_of_a_stream_tells_that_of_its_state(state, words):
    size = rans.stream_size(state, words)
    assert rans.state_bytes(size) == size - 2 * words == (state.bit_length() + 7) // 8


@given(st.lists(st.integers(0, 5), max_size=200), st.integers(3, 15))
def test_the_compiled_encoder_is_the_one_in_python(symbols, precision):
    table = frequencies.quantise(np.array([100, 1, 7, 30, 2, 1]), precision)
    expected = rans.encode(rans.items_of(symbols, table))
    words = np.empty(len(symbols) + 1, np.uint16)
    given_ = np.array(symbols, np.uint16)
    state, size = encoders().encode(given_, table.of, table.starts, precision, words)
    assert (state, words[len(words) - size :].tolist()) == expected
    decoder = rans.Decoder(*expected)
    assert [decoder.symbol(table) for _ in symbols] == symbols
    decoder.finish()


@given(st.lists(st.integers(0, (1 << 25) - 1), min_size=1, max_size=50), st.integers(0, 4))
def test_the_compiled_encoder_of_gaps_is_the_one_in_python(found, mantissa):
    found = np.array(found)
    classes, lows = gaps.classes(found, mantissa), gaps.low_bits(found, mantissa)
    table = frequencies.choose(np.bincount(classes), 0)[0]
    items = []
    for gap, symbol, low in zip(found.tolist(), classes.tolist(), lows.tolist(), strict=True):
        items += rans.items_of([symbol], table)
        gap &= (1 << low) - 1
        for bits in rans.raw_chunks(low):
            items.append((1, gap & 0xFFFF & (1 << bits) - 1, bits))
            gap >>= bits
    words = np.empty(3 * len(found) + 1, np.uint16)
    state, size = encoders().encode_gaps(
        found, lows, classes, table.of, table.starts, table.precision, words
    )
    assert (state, words[len(words) - size :].tolist()) == rans.encode(items)
