"""Decisions, odds, symbols, numbers and tokens, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pnet_tf.errors import InputError
from pnet_tf.packing.decoder import Decoder, decode
from pnet_tf.packing.encoder import Encoder, encode
from pnet_tf.packing.models import (
    BYTES,
    NIBBLES,
    NUMBER_ODDS,
    TOKEN_LIMIT,
    WEIGHT_LIMIT,
    Content,
    Odds,
    number,
    symbol,
)
from pnet_tf.packing.parts import Part
from tests.packing.recording import Recorder

HALF = 2097152


def test_odds_move_by_hand():
    odds = Odds(2)
    odds.learn(0, 1)  # 16384 * 43690 >> 9
    assert (odds.p, odds.n) == ([HALF + 1398080, HALF], [1, 0])
    odds.learn(0, 0)  # (3495232 >> 7) * 26214 >> 9 = 1398045
    assert (odds.p[0], odds.n[0]) == (2097187, 2)
    odds.learn(1, 0)
    assert (odds.p[1], odds.n[1]) == (HALF - 1398080, 1)


@pytest.mark.parametrize("limit", [TOKEN_LIMIT, WEIGHT_LIMIT])
def test_as_many_observations_count_as_may(limit):
    odds = Odds(1, limit)
    for seen in range(limit + 5):
        assert odds.n[0] == min(seen, limit)
        odds.learn(0, seen & 1)
    before = odds.p[0]
    odds.carry()
    assert (odds.p[0], odds.n[0]) == (before, 30)
    few = Odds(1, limit)
    few.learn(0, 1)
    few.carry()
    assert few.n == [1]


def test_odds_stay_between_0_and_1():
    for bit in (0, 1):
        odds = Odds(1)
        for _ in range(10_000):
            odds.learn(0, bit)
            assert 0 <= odds.p[0] < 1 << 22


def test_a_symbol_walks_down_its_tree():
    coder = Recorder()
    assert symbol(coder, Odds(32), 3, 10, 0b101) == 5
    assert coder.seen == [(11, 1), (13, 0), (16, 1)]
    assert symbol(coder, Odds(1), 0) == 0 and len(coder.seen) == 3


LENGTH_0 = [(1, 0), (2, 0), (4, 0), (8, 0), (16, 0)]
LENGTH_6 = [(1, 0), (2, 0), (4, 1), (9, 1), (19, 0)]


@pytest.mark.parametrize(
    ("value", "decisions"),
    [
        (0, LENGTH_0),  # 1
        (4, [(1, 0), (2, 0), (4, 0), (8, 1), (17, 0), (48, 0), (50, 1)]),  # 101
        (6, [(1, 0), (2, 0), (4, 0), (8, 1), (17, 0), (48, 1), (51, 1)]),  # 111
        (99, [*LENGTH_6, (80, 1), (83, 0), (None, 0), (None, 1), (84, 0), (85, 0)]),  # 1100100
        (102, [*LENGTH_6, (80, 1), (83, 0), (None, 0), (None, 1), (84, 1), (86, 1)]),  # 1100111
    ],
)
def test_a_number_by_hand(value, decisions):
    coder = Recorder()
    assert number(coder, Odds(NUMBER_ODDS), value) == value
    assert coder.seen == decisions


def test_the_largest_number_has_room_in_its_table():
    coder = Recorder()
    assert number(coder, Odds(NUMBER_ODDS), 2**32 - 2) == 2**32 - 2
    assert max(at for at in coder.places if at is not None) == 32 + 8 * 31 + 6 < NUMBER_ODDS


def test_the_first_decision_of_a_decoder():
    bound = 0x800FF7FF  # (0xFFFFFFFF >> 12) * (2048 | 1)
    for code, bit in ((bound - 1, 1), (bound, 0)):
        odds = Odds(3)
        assert Decoder(code.to_bytes(4, "big")).bit(odds, 2) == bit
        assert odds.n == [0, 0, 1] and (odds.p[2] > HALF) == bool(bit)
    for code, bit in ((0x7FFFFFFE, 1), (0x7FFFFFFF, 0)):
        assert Decoder(code.to_bytes(4, "big")).even() == bit


def test_four_bytes_after_the_end_are_0():
    for size in range(4):
        decoder = Decoder(bytes(size))
        assert [decoder.even() for _ in range(8 * size + 7)] == [1] * (8 * size + 7)
        with pytest.raises(InputError, match="ends before its content does"):
            decoder.even()


def test_a_range_of_2_to_the_24_is_large_enough():
    decoder = Decoder(b"\xff\xff\xff\xfe")
    assert [decoder.even() for _ in range(8)] == [0] * 8  # 2^31, 2^30, ..., 2^24
    assert decoder._at == 4
    decoder.even()
    assert decoder._at == 5


def test_an_encoder_leaves_out_no_more_zeros_than_a_decoder_adds():
    for content in (b"\x00\x8a", b"\xf1\x9d\x13\xb5"):
        payload = encode(content, [Part(BYTES, len(content))], b"")
        assert decode(payload, b"", len(content)) == content
    assert payload.endswith(b"\0") and not payload.endswith(b"\0\0")


@given(st.lists(st.tuples(st.integers(-1, 2), st.booleans())))
def test_decisions_come_back(decisions):
    def walk(coder, odds, given):
        return [coder.even(bit) if at < 0 else coder.bit(odds, at, bit) for at, bit in given]

    encoder = Encoder()
    walk(encoder, Odds(3), decisions)
    found = walk(Decoder(encoder.finish()), Odds(3), [(at, 0) for at, _ in decisions])
    assert found == [bit for _, bit in decisions]


def test_distances_that_can_be_named_again():
    content = Content(b"abcdefghi", 100)
    for distance in (5, 6, 7, 8, 9):
        content.token(Recorder(), 3, distance)
    assert (content.reps, content.last) == ([9, 8, 7, 6], 1)
    coder = Recorder()
    content.token(coder, 1, 7)
    assert (content.reps, content.last) == ([7, 9, 8, 6], 2)
    # a match at a kept distance, the third of four, of length 1; column 15 mod 4, last 1
    assert coder.seen == [(4 + 3, 1), (1, 1), (1, 1), (3, 0), *LENGTH_0]
    assert content.out == b"abcdefghi" + b"efg" + b"ghi" + b"ief" + b"fgg" + b"ghi" + b"f"


def test_the_shortest_new_match_has_odds_of_its_own():
    content = Content(b"abcdefgh", 100)
    asked = []

    class Watching(Recorder):
        def bit(self, odds, at, bit):
            asked.append(odds)
            return super().bit(odds, at, bit)

    for length in (3, 4):
        asked.clear()
        content.token(Watching(), length, 4 + length)
        assert any(odds is content.distances[int(length > 3)] for odds in asked)
        assert all(odds is not content.distances[int(length == 3)] for odds in asked)


def test_columns_are_those_of_the_content():
    content, coder = Content(b"xyz", 10), Recorder()
    for _ in range(5):
        content.token(coder, byte=0)
    assert coder.places[::9] == [0, 1, 2, 3, 0]


def test_a_literal_beside_the_byte_that_would_have_gone_on():
    content, coder = Content(b"", 1), Recorder()
    assert content.literal(coder, 2, 0b10110000, 0b10100000) == 0b10100000
    # as long as it agrees: 256 (1 + bit of the expected byte) + node
    assert coder.places == [513, 259, 518, 525, 26, 52, 104, 208]


def test_a_match_may_overlap_what_it_gives():
    content = Content(b"ab", 1 << 20)
    content.token(Recorder(), (1 << 20) - 1, 2)
    content.token(Recorder(), 1, 1)
    assert content.out == b"ab" + b"ab" * ((1 << 19) - 1) + b"aa"


def test_matches_from_nowhere_or_to_beyond_the_end():
    for length, distance in ((3, 3), (6, 1), (2**31, 1), (3, 2**31)):
        with pytest.raises(InputError, match="copies from where nothing is"):
            Content(b"ab", 5).token(Recorder(), length, distance)
    Content(b"ab", 5).token(Recorder(), 5, 2)


def test_nibbles_low_first_and_low_bits_apart():
    content, coder = Content(b"", 9), Recorder()
    content.weights(coder, NIBBLES, 1, b"\x3a")
    assert coder.bits == [1, 0, 1, 0, 0, 0, 1, 1]
    assert coder.places == [1, 3, 6, 13, 1, 2, 4, 9]
    shared = Recorder()
    content.weights(shared, 2 + 3, 1, b"\xb5")  # 10110 101
    assert shared.places == [1, 3, 6, 13, 27, 1, 3, 6]
    assert content.out == b"\x3a\xb5"
