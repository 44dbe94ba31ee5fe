"""Label propagation after Expander: few labels a node, many labels in all."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ..errors import InputError
from .checks import weight, whole
from .seeds import Seeds, as_seeds, seed_labels, seed_matrix
from .state import State, Step, advance, first_state
from .terms import Terms, make_terms
from .types import Graph

SEED_WEIGHT, NEIGHBOUR_WEIGHT, PRIOR_WEIGHT = 1.0, 0.1, 0.01
MOST_LABELS, MOST_STEPS, TOLERANCE = 10, 200, 1e-4
_MOST_DENSE = 100_000_000
Watch = Callable[[Step], None]


@dataclass(frozen=True, eq=False)
class Propagation:
    """Scores of N nodes for L labels; each node's sum to 1.

    `scores` is CSR float64 [N, L] with the labels kept, `default` [N] the score of each other label
    of a node. `history` has the state before the first step and after each one; `converged` says
    whether the last changed no score by as much as the tolerance and reached no further node.
    """

    nodes: tuple[str, ...]
    labels: tuple[str, ...]
    scores: csr_array
    default: np.ndarray
    history: tuple[Step, ...]
    converged: bool

    @property
    def best(self) -> tuple[np.ndarray, np.ndarray]:
        """(index of the best label, its score), int64 and float64 [N].

        The first of equal ones; -1 and the default for nodes that no seed reaches in these steps.
        """
        found = np.full(len(self.nodes), -1, np.int64)
        score = self.default.copy()
        first = self.ranked()[self.scores.indptr[:-1][self.reached]]
        found[self.reached] = self.scores.indices[first]
        score[self.reached] = self.scores.data[first]
        return found, score

    @property
    def reached(self) -> np.ndarray:
        """Whether a label has come to each node, bool [N]."""
        return np.diff(self.scores.indptr) > 0

    def ranked(self) -> np.ndarray:
        """Positions of the stored scores by node, then falling score, then label."""
        rows = np.repeat(np.arange(len(self.nodes)), np.diff(self.scores.indptr))
        return np.lexsort((self.scores.indices, -self.scores.data, rows))

    def dense(self) -> np.ndarray:
        """All scores, float64 [N, L]; InputError for more than 100 million."""
        nodes, labels = self.scores.shape
        if nodes * labels > _MOST_DENSE:
            raise InputError(
                f"{nodes} nodes x {labels} labels; allowed: {_MOST_DENSE} scores in one dense array"
            )
        scores = np.repeat(self.default[:, None], labels, axis=1)
        stored = self.scores.tocoo()
        scores[stored.row, stored.col] = stored.data
        return scores


def propagate(
    graph: Graph,
    seeds: Seeds | Mapping[Any, Any],
    *,
    labels: Sequence[str] | None = None,
    seed_weight: float = SEED_WEIGHT,
    neighbour_weight: float = NEIGHBOUR_WEIGHT,
    prior_weight: float = PRIOR_WEIGHT,
    most_labels: int = MOST_LABELS,
    most_steps: int = MOST_STEPS,
    tolerance: float = TOLERANCE,
    normalise: bool = False,
    abandonment: bool = False,
    watch: Watch | None = None,
) -> Propagation:
    """Carry the labels of seeds over a graph: the distributions Y^ that make this least.

    `seed_weight` sum_v s_vv |Y^_v - Y_v|^2 + `neighbour_weight` sum_vu w_vu |Y^_v - Y^_u|^2 +
    `prior_weight` sum_v |Y^_v - U|^2, over seeds, edges (each once) and nodes; U is uniform, s_vv
    the sum of a seed's weights and Y_v their shares (Ravi & Diao 2016, equation 1). Jacobi steps
    until one changes no score by `tolerance` and takes a label to no further node, `most_steps` at
    most. With `most_labels` below the number of labels, a node keeps its best and spreads the rest
    evenly, so that memory grows with nodes x `most_labels` only.

    `seeds` maps a node to its label, or to {label: weight}. `labels` gives their order, and ones
    without a seed. `normalise` divides w_vu by sqrt(d_v d_u). `abandonment` lets nodes of a mixed
    neighbourhood pass on less (Modified Adsorption, Talukdar & Crammer 2009, section 2.3). Raises
    InputError for a seed that is no node and a value out of range.
    """
    parts = (weight(seed_weight, "seed_weight"), weight(neighbour_weight, "neighbour_weight"),
             weight(prior_weight, "prior_weight", or_zero=True))  # fmt: skip
    whole(most_labels, "most_labels", 1)
    whole(most_steps, "most_steps", 1)
    weight(tolerance, "tolerance", or_zero=True)
    given = as_seeds(seeds)
    names = seed_labels(given, labels)
    terms = make_terms(
        graph.weights, seed_matrix(given, graph, names), parts,
        normalise=normalise, abandonment=abandonment,
    )  # fmt: skip
    state, history, done = _run(terms, most_labels, most_steps, tolerance, watch)
    scores = _scores(state)
    return Propagation(graph.nodes, names, scores, state.default, tuple(history), done)


def _run(
    terms: Terms, most_labels: int, most_steps: int, tolerance: float, watch: Watch | None
) -> tuple[State, list[Step], bool]:
    """The last state, every step, and whether it converged.

    The objective of a state comes with the step after it.
    """
    state, change, grown = first_state(terms, most_labels), math.inf, True
    history: list[Step] = []
    while True:
        found = advance(terms, state, most_labels)
        history.append(Step(len(history), found.objective, change))
        if watch is not None:
            watch(history[-1])
        done = change < tolerance and not grown
        if done or len(history) > most_steps:
            return state, history, done
        # a label that has come to few nodes may change little and yet have far to go
        grown = bool((found.state.reached & ~state.reached).any())
        state, change = found.state, found.change


def _scores(state: State) -> csr_array:
    """Kept scores in full; a label that has not come to a node is none of them."""
    above = csr_array(state.above, copy=True)
    above.data += np.repeat(state.default, np.diff(above.indptr))
    return above
