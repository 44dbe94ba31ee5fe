"""Choosing: R^2 by hand, the choices that nothing beats, bisection and the look beyond it."""

from itertools import product

import numpy as np
import pytest

from pnet_tf.export import choice
from pnet_tf.export.choice import front, kept_score, last_kept, r_squared


def test_r_squared_by_hand():
    # deviations (-1, 0, 1) and (-1, 1, 0): covariance 1, variances 2 and 2
    assert r_squared(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 3.0, 2.0]])) == 0.25
    # (-1.5, -0.5, 0.5, 1.5) and (-1, 0, -1, 2): 4^2 / (5 * 6)
    x, y = np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([[1.0, 2.0], [1.0, 4.0]])
    assert r_squared(x, y) == pytest.approx(16 / 30)
    assert r_squared(x, 3 - 2 * x) == pytest.approx(1.0)
    assert r_squared(x, x) == 1.0


def test_r_squared_of_what_has_no_correlation():
    constant, line = np.ones((1, 3)), np.array([[1.0, 2.0, 3.0]])
    assert r_squared(constant, constant) == 1.0
    assert r_squared(constant, line) == r_squared(line, constant) == 0.0
    assert r_squared(np.array([[1.0, np.nan, 3.0]]), line) == 0.0
    assert r_squared(np.array([[1.0, np.inf, 3.0]]), line) == 0.0


def test_the_front_by_hand():
    first, second = [(0, 0.0), (-10, 0.3)], [(0, 0.0), (-4, 0.1), (-5, 0.1), (6, 0.0)]
    # sums: 0, -4, -5, 6; -10, -14, -15, -4: (-4, .1) and all of 6 are beaten
    assert front([first, second]) == [(0, 0), (0, 2), (1, 0), (1, 2)]
    assert front([]) == [()]


def test_the_front_is_that_of_all_choices():
    rng = np.random.default_rng(0)
    costs = [
        [(0, 0.0), *zip((-rng.integers(1, 99, 3)).tolist(), rng.random(3).tolist(), strict=True)]
        for _ in range(5)
    ]
    sums = {
        picked: tuple(sum(part) for part in zip(*(c[i] for c, i in zip(costs, picked, strict=True)),
                                                strict=True))
        for picked in product(range(4), repeat=5)
    }  # fmt: skip
    best = [
        picked for picked, (size, loss) in sums.items()
        if not any(s <= size and lost < loss or s < size and lost <= loss
                   for s, lost in sums.values())
    ]  # fmt: skip
    assert front(costs) == sorted(best, key=lambda picked: -sums[picked][0])


@pytest.mark.parametrize("last", [0, 1, 6, 11])
def test_bisection_finds_the_last(last):
    asked = []

    def kept(index):
        asked.append(index)
        return index <= last

    assert last_kept(12, kept) == last
    assert 0 not in asked and len(set(asked)) <= 8 + choice.FURTHER


def test_beyond_what_bisection_finds(monkeypatch):
    monkeypatch.setattr(choice, "FURTHER", 3)
    # bisection ends at 4; then 6, 12 or 13, and 19 are asked, and what follows the kept one
    assert last_kept(20, lambda index: index < 5 or index == 19) == 19
    assert last_kept(20, lambda index: index < 5 or 10 <= index <= 14) == 14
    assert last_kept(20, lambda index: index < 5 or index in (6, 7)) == 7
    assert last_kept(20, lambda index: index < 5 or index == 9) == 4
    assert last_kept(1, lambda index: False) == last_kept(2, lambda index: False) == 0
    assert last_kept(2, lambda index: True) == 1


def test_what_is_kept():
    logits = np.array([[2.0, 1.0], [0.0, 1.0], [3.0, 1.0], [1.0, 0.0]])
    assert kept_score(logits, np.array([0, 1, 1, 0]), "classification") == 0.75
    values, targets = np.array([[1.0], [2.0], [4.0]]), np.array([[1.0], [2.0], [3.0]])
    assert kept_score(values, targets, "regression") == 0.5  # 1 - 1 / 2
    assert kept_score(values, np.full((3, 1), 2.0), "regression") == pytest.approx(1 - 5 / 3)
    assert kept_score(logits * np.nan, np.zeros(4, int), "classification") == -np.inf
