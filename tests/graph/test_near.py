import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pnet_tf.errors import InputError
from pnet_tf.graph import NearPairs, make_graph, near_pairs, nearest_edges


def distances(bits):
    ones = np.asarray(bits) > 0
    return (ones[:, None] != ones[None]).sum(axis=-1)


def pairs_of(found):
    return set(zip(found.i.tolist(), found.j.tolist(), strict=True))


def exact(bits, far):
    return {(int(a), int(b)) for a, b in np.argwhere(np.triu(distances(bits) <= far, 1))}


def near_copies(rows, bits, seed=0, share=0.05):
    """Random rows, and each a second time with some bits turned."""
    random = np.random.default_rng(seed)
    first = random.integers(0, 2, (rows, bits))
    return np.concatenate([first, first ^ (random.random(first.shape) < share)])


def test_pairs_by_hand():
    bits = np.array([[1, 1, 1, 1], [1, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]], bool)
    found = near_pairs(bits, tables=30, bits_per_table=1, most_distance=1)
    assert pairs_of(found) == {(0, 1), (0, 3), (1, 3)}
    assert found.distance.tolist() == [1, 0, 1] and (found.rows, found.bits) == (4, 4)
    far = near_pairs(bits, tables=30, bits_per_table=1, most_distance=3)
    assert pairs_of(far) == {(0, 1), (0, 3), (1, 2), (1, 3)}
    # row 2 shares no bit with rows 0 and 3, so that no table brings them together
    assert (2, 3) not in pairs_of(near_pairs(bits, tables=30, bits_per_table=1, most_distance=4))


@pytest.mark.parametrize("kind", [bool, np.int8, np.float32, np.int64])
def test_all_kinds_of_bits_are_the_same_bits(kind):
    bits = near_copies(40, 20)
    signs = bits.astype(kind) if kind is bool else (2 * bits - 1).astype(kind)
    expected = near_pairs(bits)
    assert pairs_of(near_pairs(signs)) == pairs_of(expected) != set()
    assert near_pairs(np.where(bits, 1, np.tile([0, -1], 10))).distance.tolist() == (
        expected.distance.tolist()
    )


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 12))
def test_what_is_found_is_true_sorted_and_once(seed, width, per_table):
    bits = near_copies(30, width, seed)
    found = near_pairs(bits, bits_per_table=min(per_table, width), tables=4, seed=seed)
    assert found.distance.tolist() == distances(bits)[found.i, found.j].tolist()
    codes = found.i * 60 + found.j
    assert (found.i < found.j).all() and (np.diff(codes) > 0).all()
    assert pairs_of(found) <= exact(bits, width // 4)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10**6))
def test_recall_beside_all_pairs(seed):
    bits = near_copies(150, 128, seed)
    near, found = exact(bits, 19), near_pairs(bits, most_distance=19, seed=seed)
    # a pair at 19 of 128 bits is found with probability 0.98, one at 6 nearly always
    assert len(pairs_of(found) & near) >= 0.93 * len(near) >= 0.93 * 145


def test_recall_is_that_of_the_formula():
    """Two tables of eight bits: a pair at d/B = 0.1 is found in 0.675 of cases."""
    bits = near_copies(4000, 100, share=0)
    random = np.random.default_rng(1)
    for row in range(4000, 8000):
        bits[row, random.permutation(100)[:10]] ^= 1
    found = near_pairs(bits, tables=2, bits_per_table=8, most_distance=10, most_in_bucket=400)
    share = sum(j - i == 4000 for i, j in pairs_of(found)) / 4000
    chance = math.comb(90, 8) / math.comb(100, 8)
    assert share == pytest.approx(1 - (1 - chance) ** 2, abs=0.05)


def test_enough_tables_of_one_bit_find_all():
    bits = near_copies(25, 16)
    found = near_pairs(bits, tables=60, bits_per_table=1, most_in_bucket=50, most_distance=8)
    assert pairs_of(found) == exact(bits, 8)


def test_a_bucket_of_like_rows_is_chained():
    bits = np.ones((1000, 32), bool)
    found = near_pairs(bits, tables=3, most_in_bucket=5)
    assert found.candidates == 3 * sum(1000 - gap for gap in range(1, 5))
    assert len(found.i) == sum(1000 - gap for gap in range(1, 5))
    graph = make_graph(found.i, found.j)
    assert len(graph.nodes) == 1000
    whole = near_pairs(bits[:5], tables=1, most_in_bucket=5)
    assert len(whole.i) == 10 == whole.candidates


def test_large_buckets_bring_the_most_alike_together():
    """One bit a table makes two buckets; the further bits sort within."""
    bits = near_copies(500, 64, share=0.01)
    found = pairs_of(near_pairs(bits, bits_per_table=1, most_in_bucket=3, tables=16))
    assert sum((at, at + 500) in found for at in range(500)) > 450


def test_the_work_grows_with_the_rows_not_their_square():
    counts = [near_pairs(near_copies(n, 32), tables=4, bits_per_table=2).candidates
              for n in (500, 1000, 2000, 4000)]  # fmt: skip
    assert all(count <= 4 * 2 * n * 31 for count, n in zip(counts, (500, 1000, 2000, 4000),
                                                          strict=True))  # fmt: skip
    assert all(1.9 * a < b < 2.2 * a for a, b in zip(counts, counts[1:], strict=False))


def test_the_same_seed_gives_the_same_pairs_and_another_others():
    bits = near_copies(300, 64, share=0.2)
    one, two, other = (pairs_of(near_pairs(bits, tables=2, seed=s)) for s in (3, 3, 4))
    assert one == two and one != other


def test_few_rows():
    for rows in (0, 1):
        found = near_pairs(np.zeros((rows, 9), bool))
        assert len(found.i) == len(found.j) == len(found.distance) == found.candidates == 0
        assert [len(part) for part in nearest_edges(found)] == [0, 0, 0]


def test_more_rows_than_a_slice_holds(monkeypatch):
    bits = near_copies(40, 24)
    whole = near_pairs(bits)
    monkeypatch.setattr("pnet_tf.graph.near._SLICE", 7)
    part = near_pairs(bits, most_in_bucket=7)
    assert pairs_of(part) <= pairs_of(whole) and len(part.i) > 30
    assert part.distance.tolist() == distances(bits)[part.i, part.j].tolist()


def test_edges_by_hand():
    rows = [(0, 1, 0), (0, 2, 2), (0, 3, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5)]
    i, j, distance = (np.array(column) for column in zip(*rows, strict=True))
    pairs = NearPairs(i, j, distance, rows=5, bits=8, candidates=6)
    one = nearest_edges(pairs, most_neighbours=1)
    # nearest of 0 is 1, of 2 and 3 it is 0; of 4 it is 3, more than half of the bits away
    assert list(zip(*(part.tolist() for part in one[:2]), strict=True)) == [(0, 1), (0, 2), (0, 3)]
    assert one[2] == pytest.approx([1, math.cos(math.pi / 4), math.cos(math.pi / 4)])
    assert one[2].dtype == np.float32
    two = nearest_edges(pairs, most_neighbours=2)
    assert list(zip(*(part.tolist() for part in two[:2]), strict=True)) == [
        (0, 1), (0, 2), (0, 3), (1, 2),
    ]  # fmt: skip
    assert len(nearest_edges(pairs)[0]) == 4  # half of the bits is a right angle: no edge


def test_among_equals_lower_rows_are_nearer():
    pairs = NearPairs(np.array([0, 0, 0]), np.array([1, 2, 3]), np.array([1, 1, 1]), 4, 8, 3)
    ends = np.array([5, 5, 5])
    star = NearPairs(np.array([0, 1, 2]), ends, np.array([1, 1, 0]), 6, 8, 3)
    assert len(nearest_edges(pairs, most_neighbours=1)[0]) == 3  # each is the nearest of its end
    assert nearest_edges(star, most_neighbours=1)[0].tolist() == [0, 1, 2]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_an_edge_is_among_the_nearest_of_one_end(seed, most):
    pairs = near_pairs(near_copies(40, 12, seed), tables=3, bits_per_table=3, most_distance=5)
    sources, targets, _ = nearest_edges(pairs, most_neighbours=most)
    nearest = set()
    for row in range(80):
        own = [(d, a + b - row, (a, b)) for a, b, d in
               zip(pairs.i.tolist(), pairs.j.tolist(), pairs.distance.tolist(), strict=True)
               if row in (a, b)]  # fmt: skip
        nearest |= {pair for _, _, pair in sorted(own)[:most]}
    assert set(zip(sources.tolist(), targets.tolist(), strict=True)) == nearest


@pytest.mark.parametrize(
    ("bits", "options", "message"),
    [
        ([[0, 1]], {}, "bits must be an array"),
        (np.zeros(3), {}, "bits must be an array"),
        (np.array([["a"]]), {}, "bits must be an array"),
        (np.zeros((3, 0)), {}, r"the shape \(3, 0\); allowed: at least one bit"),
        (np.array([[0, 1], [1, 2]]), {}, r"bits\[1, 1\] is 2; allowed: -1, 0, 1"),
        (np.array([[0.5]]), {}, r"bits\[0, 0\] is 0.5"),
        (np.array([[np.nan]]), {}, r"bits\[0, 0\] is nan"),
        (np.zeros((2, 8)), {"bits_per_table": 9}, "bits_per_table must be .* from 1 to 8, got 9"),
        (np.zeros((2, 80)), {"bits_per_table": 65}, "bits_per_table must be .* from 1 to 64"),
        (np.zeros((2, 80)), {"tables": 0}, "tables must be a whole number from 1"),
        (np.zeros((2, 80)), {"most_distance": 81}, "most_distance must be .* from 0 to 80"),
        (np.zeros((2, 80)), {"most_in_bucket": 1}, "most_in_bucket must be .* from 2"),
        (np.zeros((2, 80)), {"seed": -1}, "seed must be a whole number from 0"),
        (np.zeros((2, 80)), {"tables": True}, "got True"),
    ],
)
def test_refuses(bits, options, message):
    with pytest.raises(InputError, match=message):
        near_pairs(bits, **options)


def test_refuses_no_neighbours():
    with pytest.raises(InputError, match="most_neighbours must be a whole number from 1"):
        nearest_edges(near_pairs(np.zeros((2, 12))), most_neighbours=0)
