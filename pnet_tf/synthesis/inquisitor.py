"""The inquisitor: predicts what a network will cost and how well it will do, and what would help.

Costs and accuracy are learned from the networks of a study by Gaussian processes over their
descriptions (Rasmussen & Williams 2006, chapter 2), the accuracy with the predicted cost among the
inputs, as error in decades. While a network trains, a Bayesian linear regression (MacKay 1992)
predicts its end from the accuracies so far, the responses of the probe and the first prediction.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy.stats import norm

from .probe import RESPONSES
from .records import STOPPED, Record, finished
from .space import PAIR, Network, SearchSpace

FEWEST = 4
"""Finished networks before ends are learned from curves and responses; with fewer, from a quarter
of the epochs on, a network is expected to gain what they gained from there, give or take _EARLY."""
_EARLY = 0.2
_FLOOR = 1e-3
"""Error that counts as none, so that its logarithm exists."""
_NOISE = 0.05
"""Least standard deviation, in decades of error, of two trainings of one network."""
COSTS = ("bytes", "macs")
EXPERIENCE = {"bytes": -0.3, "macs": -0.15, "distance": 0.06}
"""Decades of error that a decade of a cost adds, and a whole range of one dimension away from the
declared start of the same pair: what to expect before anything is known of the data. The bits of a
weight are no such dimension: what they cost in accuracy they give back in weights for the bytes."""
BITS = "training.qat"


def log_error(accuracy: Any) -> Any:
    """log10 of 1 - accuracy, which tells 98 from 99 % as it does 80 from 90."""
    return np.log10(1 - np.asarray(accuracy, float) + _FLOOR)


def accuracy_of(error: Any) -> Any:
    """The accuracy of a `log_error`."""
    return np.clip(1 + _FLOOR - 10.0 ** np.asarray(error, float), 0.0, 1.0)


def described(space: SearchSpace, network: Mapping[str, Any]) -> np.ndarray:
    """A network as numbers, float [F]: places 0..1 of numbers, one of each text, -0.5 if unused."""
    return np.array([number for name in space.dimensions
                     for number in _columns(space, name, network)])  # fmt: skip


def _columns(
    space: SearchSpace, name: str, network: Mapping[str, Any] = MappingProxyType({})
) -> list[float]:
    """A dimension of a network as `described` has it."""
    values = space.dimensions[name]
    if name not in space.ordered:
        return [float(network.get(name) == value) for value in values]
    used = name in network
    return [values.index(network[name]) / max(len(values) - 1, 1) if used else -0.5]


@dataclass(frozen=True)
class Belief:
    """A normal distribution for each network: mean and standard deviation, float [N]."""

    mean: np.ndarray
    std: np.ndarray

    def below(self, limit: float) -> np.ndarray:
        """Chance of a value at most `limit`."""
        return norm.cdf((limit - self.mean) / np.maximum(self.std, 1e-9))


@dataclass(frozen=True)
class Change:
    """Another value of one dimension and the accuracy that it is predicted to add."""

    dimension: str
    before: Any
    after: Any
    gain: float


class Inquisitor:
    """What is believed after `records`; the same records give the same beliefs.

    `starts`: the network of each pair that a search begins with.
    """

    def __init__(
        self, space: SearchSpace, records: Sequence[Record], starts: Sequence[Network]
    ) -> None:
        self.space, self.records = space, records
        self._starts = {start[PAIR]: described(space, start) for start in starts}
        self.finished = finished(records)
        self._free = np.array([name == BITS for name in space.dimensions
                               for _ in _columns(space, name)])  # fmt: skip
        self.costs = {name: _cost_process(space, records, name) for name in COSTS}
        self._error = self._fit_error()

    def _fit_error(self) -> Any:
        """Of finished networks, and of stopped ones by the end that was foretold of them."""
        if len(self.finished) < 2:
            return None
        stopped = [record for record in self.records if record.ended == STOPPED]
        known = [(record.network, record.accuracy) for record in self.finished]
        known += [(record.network, record.foretold["end"]) for record in stopped
                  if "end" in record.foretold]  # fmt: skip
        networks = [network for network, _ in known]
        errors = log_error([accuracy for _, accuracy in known]) - self._expected(networks)
        return _process(self._inputs(networks), errors, _NOISE)

    def _expected(self, networks: Sequence[Network]) -> np.ndarray:
        """`EXPERIENCE` as a mean from which the belief in errors departs, float [N]."""
        starts = np.array([self._starts[network[PAIR]] for network in networks])
        plain = np.array([described(self.space, network) for network in networks])
        apart = np.abs(plain - starts)[:, ~self._free]
        found = EXPERIENCE["distance"] * apart.sum(axis=1)
        for name in COSTS:
            found = found + EXPERIENCE[name] * self.cost(name, networks).mean
        return found

    def _inputs(self, networks: Sequence[Network]) -> np.ndarray:
        """Descriptions with the predicted costs beside them, about 0..1."""
        plain = np.array([described(self.space, network) for network in networks])
        costs = [self.cost(name, networks).mean / 4 for name in COSTS]
        return np.column_stack([plain, *costs])

    def cost(self, name: str, networks: Sequence[Network]) -> Belief:
        """log10 of a cost of networks."""
        plain = np.array([described(self.space, network) for network in networks])
        return _predicted(self.costs[name], plain)

    def error(self, networks: Sequence[Network]) -> Belief:
        """`log_error` of networks once trained."""
        if self._error is None:
            return Belief(self._expected(networks), np.ones(len(networks)))
        belief = _predicted(self._error, self._inputs(networks))
        return Belief(belief.mean + self._expected(networks), belief.std)

    def drawn_errors(self, networks: Sequence[Network], rng: np.random.Generator) -> np.ndarray:
        """One function drawn from the belief (Thompson 1933), at all networks, float [N]."""
        expected = self._expected(networks)
        if self._error is None:
            return expected
        mean, spread = self._error.predict(self._inputs(networks), return_cov=True)
        spread[np.diag_indices_from(spread)] += 1e-9 * float(spread.trace())
        drawn: np.ndarray = np.linalg.cholesky(spread) @ rng.normal(size=len(mean))
        return mean + drawn + expected

    def end(self, record: Record) -> Belief | None:
        """`log_error` at the end of a network that has a curve so far; None with too few others."""
        epoch = len(record.curve)
        known = [other for other in self.finished if len(other.curve) > epoch]
        if not known or not epoch:
            return None
        if len(known) < FEWEST:
            return _early_end(record.curve, known)
        from sklearn.linear_model import BayesianRidge

        inputs = np.array([self._so_far(other, epoch) for other in (*known, record)])
        errors = log_error([other.accuracy for other in known])
        centre, scale = inputs.mean(axis=0), inputs.std(axis=0) + 1e-9
        inputs = (inputs - centre) / scale
        model = BayesianRidge().fit(inputs[:-1], errors)
        mean, std = model.predict(inputs[-1:], return_std=True)
        return Belief(mean, np.maximum(std, _NOISE))

    def _so_far(self, record: Record, epoch: int) -> np.ndarray:
        before = record.curve[epoch - 2] if epoch > 1 else 0.0
        now = record.curve[epoch - 1]
        facts = [np.log10(max(record.facts.get(name, 1.0), 1.0)) for name in COSTS]
        responses = [record.responses.get(name, 0.0) for name in RESPONSES]
        return np.array([log_error(now), now - before, *facts, *responses])

    def advice(self, network: Network, most: int = 3) -> list[Change]:
        """The changes of one dimension that are predicted to raise the accuracy most."""
        changes = [(name, value) for name in network if name != PAIR
                   for value in self.space.neighbours(name, network[name])]  # fmt: skip
        if not changes or self._error is None:
            return []
        others = [{**network, name: value} for name, value in changes]
        found = accuracy_of(self.error([network, *others]).mean)
        gains = found[1:] - found[0]
        best = np.argsort(-gains, kind="stable")[:most]
        return [Change(changes[i][0], network[changes[i][0]], changes[i][1], float(gains[i]))
                for i in best if gains[i] > 0]  # fmt: skip

    def importance(self, seed: int = 0, networks: int = 64) -> dict[str, float]:
        """Dimension -> share of the predicted variance of error that it explains by itself.

        First-order effects (Sobol 1993) over networks near those of the study: the variance over
        the dimension's values of the mean prediction, over the variance of all predictions.
        """
        if self._error is None:
            return {}
        rng = np.random.default_rng(seed)
        base = [self.space.mutated(self.finished[i % len(self.finished)].network, rng)
                for i in range(networks)]  # fmt: skip
        total = float(self.error(base).mean.var()) + 1e-12
        found = {name: self._effect(name, base) / total for name in self.space.dimensions}
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def _effect(self, name: str, base: Sequence[Network]) -> float:
        using = [network for network in base if name in network and name != PAIR]
        if len(using) < 4:
            return 0.0
        means = [
            self.error([{**network, name: value} for network in using]).mean.mean()
            for value in self.space.dimensions[name]
        ]
        return float(np.var(means)) * len(using) / len(base)


def _early_end(curve: Sequence[float], known: Sequence[Record]) -> Belief | None:
    """The end by what a few others gained from the same epoch on; None in the first quarter."""
    epoch = len(curve)
    if epoch < min(len(other.curve) for other in known) // 4:
        return None
    gains = np.array([log_error(other.accuracy) - log_error(other.curve[epoch - 1])
                      for other in known])  # fmt: skip
    mean = float(log_error(curve[-1])) + gains.mean()
    return Belief(np.array([mean]), np.array([max(float(gains.std()), _EARLY)]))


def _cost_process(space: SearchSpace, records: Sequence[Record], name: str) -> Any:
    known = [record for record in records if name in record.facts]
    if len(known) < 2:
        return None
    inputs = np.array([described(space, record.network) for record in known])
    return _process(inputs, np.log10([max(record.facts[name], 1.0) for record in known]), 0.004, 2)


def _process(inputs: np.ndarray, values: np.ndarray, noise: float, most: float = 6) -> Any:
    """A Gaussian process with a length for each input, fitted by marginal likelihood.

    Its noise is at most `most` times `noise`.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    lengths = np.full(inputs.shape[1], 2.0)
    spread = max(float(values.std()), 1e-3)
    share = (noise / spread) ** 2
    white = WhiteKernel(share, (share / most, share * most**2))
    kernel = ConstantKernel(1.0, (0.05, 50.0)) * Matern(lengths, (0.4, 30.0), nu=2.5) + white
    made = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return made.fit(inputs, values)


def _predicted(process: Any, inputs: np.ndarray) -> Belief:
    if process is None:
        return Belief(np.full(len(inputs), 4.5), np.full(len(inputs), 1.0))
    mean, std = process.predict(inputs, return_std=True)
    return Belief(mean, std)
