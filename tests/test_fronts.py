from hypothesis import given
from hypothesis import strategies as st

from pnet_tf.fronts import pareto_front

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
