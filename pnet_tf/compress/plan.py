"""What is asked of weights, and at which step of a head's training each phase begins."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

from ..errors import InputError

MOST_SPARSE, FEWEST_CLUSTERS, MOST_CLUSTERS = 0.9999, 2, 4096
METHODS = ("cws", "pws", "uq", "ecsq")
PRUNE_FROM, PRUNE_TO, CLUSTER_FROM = 0.1, 0.6, 0.7
"""Shares of all steps: pruning grows between the first two, clusters begin at the third."""
MASK_UPDATES = 100


@dataclass(frozen=True)
class CompressionPlan:
    """`prune`: share of each weight tensor that ends as 0; `cluster`: its number of other values.

    0 switches either off. `method` chooses the values (see `sharing`); heads that train are shared
    by "cws". Steps are counted from 1, the first update. Raises InputError unless prune is
    0..0.9999 and cluster 0 or 2..4096.
    """

    prune: float = 0.0
    cluster: int = 0
    method: str = METHODS[0]

    def __post_init__(self) -> None:
        if not isinstance(self.prune, Real) or not 0.0 <= self.prune <= MOST_SPARSE:
            raise InputError(f"prune must be 0..{MOST_SPARSE}, got {self.prune!r}")
        known = type(self.cluster) is int
        if not known or self.cluster and not FEWEST_CLUSTERS <= self.cluster <= MOST_CLUSTERS:
            raise InputError(
                f"cluster must be {FEWEST_CLUSTERS}..{MOST_CLUSTERS} or 0 for none, "
                f"got {self.cluster!r}"
            )
        if self.method not in METHODS:
            raise InputError(f"method must be one of {', '.join(METHODS)}, got {self.method!r}")

    @property
    def active(self) -> bool:
        """Whether anything is asked."""
        return self.prune > 0 or self.cluster > 0

    def prune_steps(self, total: int) -> tuple[int, int, int]:
        """First and last step of pruning and the steps from one mask to the next, of `total`.

        At most about `MASK_UPDATES` masks; the last step makes one.
        """
        first = int(total * PRUNE_FROM)
        steps = max(int(total * PRUNE_TO) - first, 1)
        every = max(steps // MASK_UPDATES, 1)
        return first, first + steps // every * every, every

    def cluster_step(self, total: int) -> int:
        """The step after which weights are clustered."""
        return max(int(total * CLUSTER_FROM), 1)

    def settled_step(self, total: int) -> int:
        """From this step on a student is as sparse and as clustered as asked."""
        if self.cluster:
            return self.cluster_step(total)
        return self.prune_steps(total)[1] if self.prune else 0
