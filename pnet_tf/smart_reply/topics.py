"""Topics of silence: what messages without a fitting reply are answered with, in groups.

One label for nine messages in ten would teach a model next to nothing about them. Responses of
silent pairs are grouped by their words (k-means of TF-IDF on its first axes, latent semantic
analysis: Deerwester et al. 1990), and each group has a silent label of its own: SILENT, a colon and
a number from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .corpus import share
from .normal import normal_form
from .rows import Row
from .seeds import SILENT

MOST_TOPICS, EACH = 64, 100
"""Topics by default: one for EACH silent rows, MOST_TOPICS at most."""
AXES, LEAST_ROWS, MOST_SHARE = 100, 3, 0.3
"""Of the vectors; a word counts that at least so many rows have, and at most this share of them."""
MOST_READ = 100_000
"""Silent rows that are learnt from; of more, so many drawn by their hash."""
_WORDS = r"\w+|[?!]"
_SLICE = 1 << 12


@dataclass(frozen=True, eq=False)
class Topics:
    """K groups of responses.

    A response is the vector sum over its `words` [V] of (1 + ln count) times the word's row of
    `axes` float32 [V, D], brought to length 1; its group is that of the nearest of `centres`
    float32 [K, D].
    """

    words: tuple[str, ...]
    axes: np.ndarray
    centres: np.ndarray

    def labels(self) -> tuple[str, ...]:
        """Of the groups, by their places; SILENT alone where they are fewer than two."""
        number = len(self.centres)
        return tuple(f"{SILENT}:{n}" for n in range(1, number + 1)) if number > 1 else (SILENT,)

    def of(self, responses: Sequence[str]) -> np.ndarray:
        """The place of each response's group, int64 [N]."""
        from sklearn.feature_extraction.text import CountVectorizer

        if len(self.centres) < 2:
            return np.zeros(len(responses), np.int64)
        counts = CountVectorizer(vocabulary=list(self.words), token_pattern=_WORDS)
        found = counts.transform(map(_form, responses)).astype(np.float32)
        found.data = 1 + np.log(found.data)
        vectors = _lengthened(found @ self.axes)
        return np.asarray(self._away(vectors).argmin(axis=1), np.int64)

    def relabelled(self, rows: Iterable[Row]) -> Iterable[Row]:
        """`rows` with the label of its group in each SILENT one."""
        names, part = self.labels(), list[Row]()
        for row in rows:
            part.append(row)
            if len(part) == _SLICE:
                yield from self._part(part, names)
                part = []
        yield from self._part(part, names)

    def _part(self, rows: Sequence[Row], names: Sequence[str]) -> Iterable[Row]:
        silent = [place for place, row in enumerate(rows) if row.label == SILENT]
        found = self.of([rows[place].response for place in silent]).tolist() if silent else []
        of = dict(zip(silent, found, strict=True))
        for place, row in enumerate(rows):
            yield row._replace(label=names[of[place]]) if place in of else row

    def _away(self, vectors: np.ndarray) -> np.ndarray:
        """Squared distances to the centres, less what is the same for all; [N, K]."""
        return np.asarray((self.centres**2).sum(axis=1) - 2 * vectors @ self.centres.T)


NONE = Topics((), np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32))
"""No groups: one silent label."""


def find_topics(rows: Iterable[Row], silent: int, wanted: int | None, seed: int) -> Topics:
    """Groups of the responses of the SILENT ones of `rows`, of which there are `silent`.

    `wanted` of them; None: by how many rows there are. NONE where too little is said.
    """
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    number = min(silent // EACH, MOST_TOPICS) if wanted is None else wanted
    if number < 2 or silent < number:
        return NONE
    said = [_form(row.response) for row in rows if row.label == SILENT
            and share(f"{row.text}\t{row.response}", seed) * silent < MOST_READ]  # fmt: skip
    weigh = TfidfVectorizer(token_pattern=_WORDS, sublinear_tf=True, min_df=LEAST_ROWS,
                            max_df=MOST_SHARE, dtype=np.float32)  # fmt: skip
    try:
        found = weigh.fit_transform(said)
    except ValueError:  # no word is left
        return NONE
    if found.shape[1] <= number:
        return NONE
    axes = TruncatedSVD(min(AXES, found.shape[1] - 1), random_state=seed).fit(found).components_
    means = MiniBatchKMeans(number, random_state=seed, n_init=3)
    means.fit(_lengthened(found @ axes.T))
    return Topics(
        tuple(weigh.get_feature_names_out().tolist()),
        (weigh.idf_[:, None] * axes.T).astype(np.float32),
        means.cluster_centers_.astype(np.float32),
    )


def is_silent(label: str) -> bool:
    """Whether a label is SILENT or that of a topic."""
    return label == SILENT or label.startswith(f"{SILENT}:")


def _form(response: str) -> str:
    return normal_form(response) or response


def _lengthened(vectors: np.ndarray) -> np.ndarray:
    """Rows at length 1; what is 0 stays 0."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-6), np.float32)
