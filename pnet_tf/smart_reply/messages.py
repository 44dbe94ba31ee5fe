"""Soft labels of messages: the intents of their responses, and of messages that are near."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array

from ..graph import make_graph, make_seeds, propagate
from .corpus import Corpus
from .intents import Intents
from .links import centred, message_edges

OWN_WEIGHT, NEAR_WEIGHT = 1.0, 0.2
"""Weights of a message's own responses, and of each near message times its likeness."""
LEAST_SHARE = 0.1
"""Share from which an intent that only near messages have is taken."""
SoftLabels = dict[int, dict[str, float]]
"""Place of a message -> intent -> share; the shares of a message sum to 1."""


def soft_labels(corpus: Corpus, intents: Intents, vectors: np.ndarray, seed: int = 0) -> SoftLabels:
    """Shares of the messages that have a response with an intent.

    A message's own: pairs with each of its responses times the confidence of its intent. They are
    carried over edges of near messages (`message_edges` of `vectors` [M, D], `pooled`), which
    raises what near messages agree in. Intents that are not the message's own need LEAST_SHARE.
    """
    own = _own(corpus, intents)
    answered = np.flatnonzero(np.diff(own.indptr))
    if not len(answered):
        return {}
    own = csr_array(own[answered])
    edges = message_edges(centred(vectors)[answered], seed)
    graph = make_graph(*edges, nodes=tuple(map(str, range(len(answered)))))
    rows = np.repeat(np.arange(len(answered)), np.diff(own.indptr))
    names = [intents.names[column] for column in own.indices]
    found = propagate(
        graph, make_seeds(rows, names, own.data), labels=intents.names, seed_weight=OWN_WEIGHT,
        neighbour_weight=NEAR_WEIGHT, prior_weight=1e-3,
    )  # fmt: skip
    return {
        place: _kept(_row(found.scores, row), _row(own, row), intents)
        for row, place in enumerate(answered.tolist())
    }


def _own(corpus: Corpus, intents: Intents) -> csr_array:
    """Weights of intents from a message's own responses, [M, intents]; rows sum to 1 or 0."""
    place = intents.of[corpus.columns]
    kept = place >= 0
    weights = corpus.counts[kept] * intents.confidence[corpus.columns[kept]]
    shape = (len(corpus.messages), len(intents.names))
    found = coo_array((weights, (corpus.rows[kept], place[kept])), shape=shape).tocsr()
    total = np.asarray(found.sum(axis=1)).ravel()
    found.data /= np.repeat(total, np.diff(found.indptr))
    return csr_array(found)


def _row(matrix: csr_array, row: int) -> dict[int, float]:
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return dict(zip(matrix.indices[part].tolist(), matrix.data[part].tolist(), strict=True))


def _kept(scores: dict[int, float], own: dict[int, float], intents: Intents) -> dict[str, float]:
    """The shares that stay, rounded, in falling order; intents keep their order among equals."""
    kept = {place: share for place, share in scores.items() if share >= LEAST_SHARE or place in own}
    kept |= {place: share for place, share in own.items() if place not in kept}
    total = sum(kept.values())
    ordered = sorted(kept, key=lambda place: (-round(kept[place] / total, 3), place))
    shares = {intents.names[place]: round(kept[place] / total, 3) for place in ordered}
    return {name: max(share, 0.001) for name, share in shares.items()}
