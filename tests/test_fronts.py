import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pnet_tf.fronts import hypervolume, net_score, pareto_front

NUMBERS = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6)), max_size=12)


def test_front_by_hand():
    costs = [80, 120, 120, 360, 720, 40]
    accuracies = [0.80, 0.90, 0.85, 0.90, 0.95, 0.30]
    assert pareto_front(costs, accuracies) == [5, 0, 1, 4]


def test_equal_points_are_kept_together():
    assert pareto_front([2, 1, 1, 2], [0.5, 0.5, 0.5, 0.7]) == [1, 2, 3]
    assert pareto_front([1, 2], [0.5, 0.5]) == [0]


def test_front_of_nothing_and_of_one():
    assert pareto_front([], []) == []
    assert pareto_front([3], [0.0]) == [0]


def beats(one, other):
    return one[0] <= other[0] and one[1] >= other[1] and one != other


@given(NUMBERS)
def test_front_is_what_nothing_beats(points):
    front = pareto_front([c for c, _ in points], [a for _, a in points])
    expected = {i for i, p in enumerate(points) if not any(beats(q, p) for q in points)}
    assert set(front) == expected and len(front) == len(expected)
    assert [points[i][0] for i in front] == sorted(points[i][0] for i in front)


@given(NUMBERS, st.randoms())
def test_front_does_not_depend_on_order(points, random):
    mixed = random.sample(points, len(points))
    fronts = [[some[i] for i in pareto_front([c for c, _ in some], [a for _, a in some])]
              for some in (points, mixed)]  # fmt: skip
    assert fronts[0] == fronts[1]


def test_hypervolume_by_hand():
    """Rectangles up to 64 bytes: 3 octaves x 0.5, then one more step of 0.25 over 2 octaves."""
    assert hypervolume([8, 16], [0.5, 0.75], 64) == pytest.approx(3 * 0.5 + 2 * 0.25)
    assert hypervolume([8, 16, 32], [0.5, 0.75, 0.6], 64) == pytest.approx(2.0)
    assert hypervolume([8], [0.5], 64, least=0.4) == pytest.approx(0.3)
    assert hypervolume([64, 128], [0.9, 0.9], 64) == 0 == hypervolume([], [], 64)


@given(NUMBERS)
def test_one_more_point_never_shrinks_the_hypervolume(points):
    sizes, accuracies = [size for size, _ in points], [accuracy / 6 for _, accuracy in points]
    for count in range(1, len(points)):
        less = hypervolume(sizes[:count], accuracies[:count], 8)
        assert hypervolume(sizes[: count + 1], accuracies[: count + 1], 8) >= less - 1e-12


def test_net_score_by_hand():
    """20 log10(100^2 / (sqrt(4) sqrt(25))) of all right, 4 kB and 25,000 MACs."""
    assert net_score(1.0, 4_000, 25_000) == pytest.approx(60.0)
    assert net_score(0.1, 4_000, 25_000) == pytest.approx(20.0)  # a hundredth: 40 dB less
    assert net_score(0.0, 4_000, 25_000) == -math.inf
