import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from pnet_tf.graph import make_graph
from pnet_tf.graph.state import State, _change, advance, blocks, first_state, truncated
from pnet_tf.graph.terms import make_terms


def problem(seed, nodes=12, labels=6, edges=20, seeds=6):
    random = np.random.default_rng(seed)
    graph = make_graph(*random.integers(0, nodes, (2, edges)), random.random(edges),
                       nodes=[str(n) for n in range(nodes)])  # fmt: skip
    given = np.zeros((nodes, labels))
    given[random.integers(0, nodes, seeds), random.integers(0, labels, seeds)] = 1.5
    parts = tuple(random.random(3) + 0.05)
    return make_terms(graph.weights, csr_array(given), parts, normalise=False, abandonment=False)


def whole(state):
    above = state.above if isinstance(state.above, np.ndarray) else state.above.toarray()
    return above + state.default[:, None]


def objective(terms, scores):
    """The definition, term by term."""
    labels = scores.shape[1]
    given, total = terms.given.toarray(), 0.0
    for node in np.flatnonzero(terms.own):
        total += terms.own[node] * ((given[node] / terms.own[node] - scores[node]) ** 2).sum()
    edges = terms.edges.toarray()
    for a, b in np.argwhere(np.triu(edges)):
        total += edges[a, b] * ((scores[a] - scores[b]) ** 2).sum()
    return total + (terms.prior * ((scores - 1 / labels) ** 2).sum(axis=1)).sum()


def by_definition(terms, scores):
    """One Jacobi step, densely."""
    labels = scores.shape[1]
    flow = terms.given.toarray() + terms.edges.toarray() @ scores
    return (flow + terms.prior[:, None] / labels) / terms.total[:, None]


def by_rule(scores, most):
    """Truncation, row by row; of rows whose highest entries differ."""
    found = scores.copy()
    for row in found:
        rest = np.argsort(-row, kind="stable")[most:]
        row[rest] = row[rest].sum() / len(rest)
    return found


def test_first_state_by_hand():
    terms = make_terms(
        make_graph([0], [1]).weights, csr_array([[3.0, 0, 1], [0, 0, 0]]), (1, 1, 1),
        normalise=False, abandonment=False,
    )  # fmt: skip
    assert whole(first_state(terms, 3)).tolist() == [[0.75, 0, 0.25], [1 / 3] * 3]
    assert whole(first_state(terms, 2)).tolist() == [[0.75, 0, 0.25], [1 / 3] * 3]
    assert whole(first_state(terms, 1)).tolist() == [[0.75, 0.125, 0.125], [1 / 3] * 3]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([1, 7, 1000]))
def test_dense_and_sparse_steps_are_the_definition(seed, block):
    terms = problem(seed)
    scores = whole(first_state(terms, 6))
    dense = first_state(terms, 6)
    sparse = State(csr_array(dense.above), dense.default)
    for _ in range(4):
        following = by_definition(terms, scores)
        for state in (dense, sparse):
            found = advance(terms, state, 6, block)
            assert found.objective == pytest.approx(objective(terms, scores), abs=1e-12)
            assert found.change == pytest.approx(np.abs(following - scores).max(), abs=1e-12)
            assert whole(found.state) == pytest.approx(following, abs=1e-12)
        dense, sparse = advance(terms, dense, 6).state, advance(terms, sparse, 6, block).state
        scores = following


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_truncated_steps_are_the_rule_after_the_definition(seed, most):
    terms = problem(seed, labels=7, seeds=12)
    state = first_state(terms, most)
    for _ in range(3):
        scores = whole(state)
        found = advance(terms, state, most, block=15)
        after = by_definition(terms, scores)
        assert np.diff(found.state.above.indptr).max() <= most
        assert whole(found.state).sum(axis=1) == pytest.approx(np.ones(12))
        assert found.objective == pytest.approx(objective(terms, scores), abs=1e-12)
        assert found.change == pytest.approx(np.abs(whole(found.state) - scores).max(), abs=1e-12)
        ordered = -np.sort(-after, axis=1)
        clear = ordered[:, most - 1] - ordered[:, most] > 1e-9
        assert whole(found.state)[clear] == pytest.approx(by_rule(after, most)[clear], abs=1e-12)
        state = found.state


def test_truncation_by_hand():
    above = csr_array(np.array([[0.4, 0.1, 0.2, 0, 0], [0, 0.3, 0, 0, 0.3]]))
    found = truncated(above, np.array([0.06, 0.08]), 1)
    # 0.1 + 0.2 spread over 4 labels; of equal ones the first label stays
    assert found.default == pytest.approx([0.06 + 0.3 / 4, 0.08 + 0.3 / 4])
    assert whole(found)[:, :2] == pytest.approx(np.array([[0.46, 0.135], [0.155, 0.38]]))
    assert found.above.indices.tolist() == [0, 1]
    assert truncated(above, np.zeros(2), 3).above.nnz == 5


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (([0.5, 0, 0], 0.1), ([0.2, 0, 0], 0.3), 0.2),  # a label that is not kept
        (([0.5, 0.3], 0.1), ([0.1, 0.05], 0.5), 0.15),  # all kept: the default is no score
        (([0.5, 0.3], 0.1), ([0.5, 0.2], 0.3), 0.2),  # above as before, and yet moved
        (([0.5, 0, 0], 0.1), ([0, 0.4, 0], 0.1), 0.5),
    ],
)
def test_largest_change_by_hand(old, new, expected):
    states = [State(csr_array(np.array([above])), np.array([base])) for above, base in (old, new)]
    assert _change(*states) == pytest.approx(expected)


def test_scores_of_one_rounding_are_equal_to_truncation():
    above = csr_array(np.array([[0.3, 0.3 * (1 + 1e-13), 0.2]]))
    assert truncated(above, np.zeros(1), 1).above.indices.tolist() == [0]
    above = csr_array(np.array([[0.3, 0.3 * (1 + 1e-9), 0.2]]))
    assert truncated(above, np.zeros(1), 1).above.indices.tolist() == [1]


@given(st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=1, max_size=6),
       st.integers(1, 4))  # fmt: skip
def test_truncation_keeps_the_first_of_the_highest_of_each_row(values, most):
    above = csr_array(np.array(values, float))
    found = truncated(above.copy(), np.zeros(len(values)), most)
    for row, kept in zip(values, np.split(found.above.indices, found.above.indptr[1:-1]),
                         strict=True):  # fmt: skip
        present = [at for at in np.argsort(-np.array(row), kind="stable") if row[at]]
        assert sorted(kept.tolist()) == sorted(present[:most])
    assert whole(found).sum(axis=1) == pytest.approx(np.sum(values, axis=1))


def test_blocks_hold_so_many_entries_and_cover_all_rows():
    terms = problem(3, nodes=40, edges=200)
    degrees, own = np.diff(terms.edges.indptr), np.diff(terms.given.indptr)
    most = np.minimum(degrees * 2 + own, 6)
    for block in (1, 6, 25, 10**6):
        found = list(blocks(terms, 2, block))
        assert found[0][0] == 0 and found[-1][1] == 40
        assert all(a[1] == b[0] for a, b in zip(found, found[1:], strict=False))
        sizes = [most[a:b].sum() for a, b in found]
        assert all(size <= block or b - a == 1 for size, (a, b) in zip(sizes, found, strict=True))
        full = [most[a : b + 1].sum() > block for a, b in found[:-1]]
        assert all(full)  # or a block could have been longer


def test_a_block_has_no_more_rows_than_its_numbers_have_bits():
    nodes = 70_000
    graph = make_graph([0], [1], nodes=[str(n) for n in range(nodes)])
    given = csr_array(np.ones((nodes, 1)))
    terms = make_terms(graph.weights, given, (1, 1, 1), normalise=False, abandonment=False)
    assert list(blocks(terms, 1, 10**9)) == [(0, 65_536), (65_536, nodes)]
