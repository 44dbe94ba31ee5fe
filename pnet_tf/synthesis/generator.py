"""The generator: a seed to a network, by what has been learned so far.

G(s; theta) of Wong et al. 2018 (arXiv 1809.05989, section 2): the seed draws candidates, some
anywhere in the space and some near the best networks known, and one function from the inquisitor's
belief; the network is the candidate with the greatest utility under that function among those that
are believed to keep the limits. Same seed and same theta, same network. theta are the networks of a
study with what was measured of them, which a file keeps as plain JSON.
"""

from __future__ import annotations

import json
import os
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..data.spec import InputSpec
from ..errors import InputError
from ..files import atomic_write_text, read_text
from ..fronts import hypervolume, net_score, pareto_front
from ..model import build_student
from ..settings import Settings, StudentConfig, make_settings
from ..trainers.build import is_custom
from .inquisitor import COSTS, Inquisitor, accuracy_of, log_error
from .records import OUTSIDE, Record, finished
from .requirements import ACCURACY, Requirement, parse_requirements
from .space import PAIR, Network, SearchSpace, search_space

SCHEMA, BATCH = 1, "training.batch_size"
UTILITIES = ("hypervolume", "netscore", "accuracy")
CANDIDATES = 240
"""Drawn anywhere in the space, and as many near known networks."""
APART = 24
"""Seeds in a row whose networks differ in structure."""
_SURE = 0.9
"""Least chance of each limit that a handed-out network is believed to keep."""
_HALF = 0.5
_CROSSED, _FEW, _BUILT, _GIVEN_UP = 0.3, 4, 12, 6
"""Share of candidates with two parents; finished networks after which the starts are none; most
candidates that are built to see whether they can be; networks outside before a pair is left."""


@dataclass(frozen=True)
class Generator:
    """A learned distribution over the networks of `space`.

    `records` are what it has learned from, `requirements` what its networks keep, `utility` what
    they are chosen by; `labels` and `input_shape` of the data they are for, `base` the settings
    that the networks change.
    """

    space: SearchSpace
    requirements: tuple[Requirement, ...]
    utility: str
    records: tuple[Record, ...]
    data_sha256: str
    input_shape: tuple[int, ...]
    labels: tuple[str, ...] = ()
    base: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def inquisitor(self) -> Inquisitor:
        """What is believed after all records."""
        return Inquisitor(self.space, self.records, self._starts())

    def network(self, seed: int) -> Network:
        """The network of a seed, believed to keep every limit."""
        return next(self.networks(seed))

    def networks(self, seed: int) -> Iterator[Network]:
        """The seed's candidates that should keep the limits, the most useful first.

        Structures are divided among seeds, so that APART seeds in a row have different ones as long
        as there are any; those of the study's own networks are nobody's. For a front the seed also
        draws the size that they should have at most, so that seeds give networks of all sizes.
        """
        rng = np.random.default_rng([seed, 1])
        pool = self._candidates(rng, 4 * CANDIDATES)
        # near ones come last; a second step away from the study's own, whose structures are taken
        pool += [self.space.mutated(one, rng) for one in pool[-4 * CANDIDATES :]]
        pool = self._own(seed, pool) or pool
        chance = np.minimum(self._kept_costs(pool), self._kept_accuracy(pool))
        likely = np.minimum(chance, _SURE)
        drawn = accuracy_of(self.inquisitor.drawn_errors(pool, rng))
        if self.utility == "hypervolume":
            sizes = self.inquisitor.cost("bytes", pool).mean
            kept = sizes[likely >= likely.max()]
            worth = drawn - (sizes > rng.uniform(kept.min(), kept.max()))
        else:
            worth = self._worth(pool, drawn, self.utility)
        return (pool[place] for place in np.lexsort((-worth, -likely)))

    def _own(self, seed: int, pool: Sequence[Network]) -> list[Network]:
        """Those of a pool that are a seed's."""
        structures = [self.space.structure(one) for one in pool]
        known = {self.space.structure(record.network) for record in self.records}
        return [one for one, structure in zip(pool, structures, strict=True)
                if structure not in known
                and zlib.crc32(json.dumps(structure).encode()) % APART == seed % APART]  # fmt: skip

    def settings(self, network: Mapping[str, Any]) -> Settings:
        """Whole settings of a network."""
        return make_settings(self.space.kind, [self.base, self.space.changes(network)])

    def _can_be_built(self, network: Mapping[str, Any]) -> bool:
        """Whether there is such a student at all; some options do not go together."""
        settings = self.settings(network)
        spec = InputSpec.of(self.space.kind, self.input_shape, settings.byte_length)
        try:
            build_student(StudentConfig.of(settings, spec, len(self.labels)))
        except InputError:
            return False
        return True

    def proposal(self, seed: int, busy: Sequence[Network] = ()) -> Network:
        """The network to try next, none that is known, nor one of `busy`, which are being tried.

        Of those that are likely to keep the limits the one worth most. At first every other
        proposal is of a pair of a projection and a head that was not tried yet, by the start that
        the rooms declare for it or one near it: which pair suits the data, no description tells.
        """
        rng = np.random.default_rng([seed, 2])
        start = self._untried(busy)
        pool = self._new(self._candidates(rng, CANDIDATES, start), busy)
        chance = self._kept_costs(pool)
        use = self._use(rng) if start is None else "accuracy"
        drawn = accuracy_of(self.inquisitor.drawn_errors(pool, rng))
        worth = self._worth(pool, drawn, use)
        order = np.lexsort((-worth, -np.minimum(chance, _HALF)))
        best = (pool[place] for place in order[:_BUILT])
        return next(filter(self._can_be_built, best), pool[order[0]])

    def _new(self, pool: Sequence[Network], busy: Sequence[Network]) -> list[Network]:
        """Those that are not known or busy, nor of a structure that was measured outside."""
        structure = self.space.structure
        known = [record.network for record in self.records] + list(busy)
        outside = {structure(one.network) for one in self.records if one.ended == OUTSIDE
                   and one.number >= 0}  # fmt: skip
        found = [one for one in pool if one not in known and structure(one) not in outside]
        return found or list(pool)

    def _starts(self) -> list[Network]:
        """The declared networks, that of the pair of the kind's recipe first."""
        pairs = self.space.dimensions[PAIR]
        usual = f"{self.base['projection']['name']}+{self.base['head']['name']}"
        batch = self.base["schedule"]["batch_size"]
        if batch not in self.space.dimensions[BATCH]:
            batch = self.space.start(pairs[0])[BATCH]
        ordered = sorted(pairs, key=lambda pair: pair != usual)
        return [{**self.space.start(pair), BATCH: batch} for pair in ordered]

    def _untried(self, busy: Sequence[Network]) -> Network | None:
        """The start of the next pair of which no network was trained or is being tried.

        None when it is the turn of what is known. A pair is given up after networks outside.
        """
        tried = [record.network[PAIR] for record in self.records
                 if record.number >= 0 and record.ended != OUTSIDE]  # fmt: skip
        tried += [network[PAIR] for network in busy]
        if tried and len(tried) % 2 == 0:
            return None
        outside = Counter(record.network[PAIR] for record in self.records if record.number >= 0)
        return next((start for start in self._starts() if start[PAIR] not in tried
                     and outside[start[PAIR]] < _GIVEN_UP), None)  # fmt: skip

    def _use(self, rng: np.random.Generator) -> str:
        """The utility; a search for a front every other time looks for the accuracy alone."""
        if not finished(self.records):
            return "accuracy"
        if self.utility == "hypervolume" and rng.random() < _HALF:
            return "accuracy"
        return self.utility

    def _candidates(
        self, rng: np.random.Generator, count: int, start: Network | None = None
    ) -> list[Network]:
        """So many drawn anywhere, and so many near known networks; all of the pair of a `start`."""
        pair = None if start is None else start[PAIR]
        found = [self.space.random(rng, pair) for _ in range(count)]
        parents = self._parents() if start is None else [start]
        for number in range(count):
            parent = parents[number % len(parents)]
            if rng.random() < _CROSSED:
                parent = self.space.crossed(parent, parents[rng.integers(len(parents))], rng)
            found.append(self.space.mutated(parent, rng))
        found += parents[:1] if start or not finished(self.records) else []
        distinct = {json.dumps(one, sort_keys=True): one for one in found
                    if pair in (None, one[PAIR])}  # fmt: skip
        return list(distinct.values())

    def _parents(self) -> list[Network]:
        """The front's, the most accurate first, the best by accuracy; at first the starts too."""
        done = finished(self.records)
        sizes = [record.facts["bytes"] for record in done]
        front = pareto_front(sizes, [record.accuracy or 0.0 for record in done])
        best = [done[place].network for place in reversed(front)]
        top = sorted(done, key=lambda record: -(record.accuracy or 0.0))[:4]
        starts = [] if len(done) > _FEW else self._starts()[:1]
        return [*starts, *best, *(record.network for record in top)]

    def _kept_costs(self, pool: Sequence[Network]) -> np.ndarray:
        """Least chance, over limits on predicted costs, that each is kept."""
        chance = np.ones(len(pool))
        for one in self.requirements:
            if one.name in COSTS:
                belief = self.inquisitor.cost(one.name, pool)
                chance = np.minimum(chance, belief.below(float(np.log10(one.limit))))
        return chance

    def _kept_accuracy(self, pool: Sequence[Network]) -> np.ndarray:
        chance = np.ones(len(pool))
        for one in self.requirements:
            if one.name == ACCURACY:
                belief = self.inquisitor.error(pool)
                chance = np.minimum(chance, belief.below(float(log_error(one.limit))))
        return chance

    def _worth(self, pool: Sequence[Network], accuracy: np.ndarray, use: str) -> np.ndarray:
        """Utility of candidates under the drawn accuracies, float [N]."""
        if use == "accuracy":
            return accuracy
        sizes = 10.0 ** self.inquisitor.cost("bytes", pool).mean
        if use == "netscore":
            macs = 10.0 ** self.inquisitor.cost("macs", pool).mean
            return np.array([net_score(*one) for one in zip(accuracy, sizes, macs, strict=True)])
        return self._gains(sizes, accuracy)

    def _gains(self, sizes: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
        """What each would add to the hypervolume of the front, and a little for its accuracy."""
        done = finished(self.records)
        front_sizes = [record.facts["bytes"] for record in done]
        front = [record.accuracy or 0.0 for record in done]
        before = self.hypervolume(front_sizes, front)
        return np.array([
            self.hypervolume([*front_sizes, size], [*front, one]) - before + 1e-6 * one
            for size, one in zip(sizes, accuracy, strict=True)
        ])  # fmt: skip

    def hypervolume(self, sizes: Sequence[float], accuracies: Sequence[float]) -> float:
        """`fronts.hypervolume` within the limits on bytes and accuracy."""
        least = max((one.limit for one in self.requirements if one.name == ACCURACY), default=0.0)
        return hypervolume(sizes, accuracies, self.most_bytes(), least)

    def most_bytes(self) -> float:
        """Bytes at which the front ends: the limit, else twice the largest that is known of."""
        limits = [one.limit for one in self.requirements if one.name == "bytes"]
        known = [record.facts["bytes"] for record in self.records if "bytes" in record.facts]
        return min(limits) if limits else 2 * max(known, default=1.0)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as JSON, whole or not at all."""
        plain = {
            "schema": SCHEMA, "kind": self.space.kind, "input_shape": list(self.input_shape),
            "labels": list(self.labels), "data_sha256": self.data_sha256,
            "dimensions": {name: list(of) for name, of in self.space.dimensions.items()},
            "requirements": [str(one) for one in self.requirements], "utility": self.utility,
            "base": dict(self.base), "records": [asdict(record) for record in self.records],
        }  # fmt: skip
        atomic_write_text(path, json.dumps(plain) + "\n")


def load_generator(path: str | os.PathLike[str]) -> Generator:
    """The generator of a file; raises InputError for another file or a damaged one."""
    try:
        plain = json.loads(read_text(path))
        return _parsed(plain)
    except InputError as error:
        raise InputError(f"{path} is no generator of this version: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"{path} is no generator of this version: {error}") from None


def _parsed(plain: Any) -> Generator:
    if not isinstance(plain, dict) or plain.get("schema") != SCHEMA:
        raise InputError("it has no schema of this version")
    if plain["kind"] not in ("text", "image", "dense") or plain["utility"] not in UTILITIES:
        raise InputError("its kind or its utility is unknown")
    space = search_space(plain["kind"], plain["input_shape"])
    if set(space.dimensions) != set(plain["dimensions"]):
        raise InputError("it is of another space")
    space = space.narrowed({name: of for name, of in plain["dimensions"].items()})
    records = [_record(space, one) for one in plain["records"]]
    return Generator(
        space, parse_requirements(plain["requirements"]), plain["utility"], tuple(records),
        str(plain["data_sha256"]), tuple(plain["input_shape"]), tuple(map(str, plain["labels"])),
        _checked_base(plain["kind"], plain["base"]),
    )  # fmt: skip


def _checked_base(kind: str, base: Any) -> dict[str, Any]:
    """Whole settings of a file; raises InputError for those whose trainer is code to import."""
    found = make_settings(kind, [base])
    if is_custom(found.trainer.name):
        raise InputError(
            f"its trainer is code, {found.trainer.name!r}, which is not imported for a file"
        )
    plain: dict[str, Any] = json.loads(json.dumps(found.to_json()))
    return plain


def _record(space: SearchSpace, plain: Mapping[str, Any]) -> Record:
    """One record, every number of it checked."""
    accuracy = plain["accuracy"]
    return Record(
        number=int(plain["number"]), network=space.check(plain["network"]),
        facts=_numbers(plain["facts"]), ended=str(plain["ended"]),
        accuracy=None if accuracy is None else _finite(accuracy),
        curve=tuple(map(_finite, plain["curve"])), responses=_numbers(plain["responses"]),
        foretold=_numbers(plain["foretold"]), epochs=_finite(plain["epochs"]),
        broken=tuple(map(str, plain["broken"])),
    )  # fmt: skip


def _numbers(plain: Mapping[str, Any]) -> dict[str, float]:
    return {str(name): _finite(value) for name, value in plain.items()}


def _finite(value: Any) -> float:
    number = float(value)
    if not np.isfinite(number):
        raise InputError(f"a number is {number}")
    return number
