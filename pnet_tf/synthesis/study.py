"""A study in an Optuna storage: what it was made from, who proposes networks, what is known.

Several processes and machines may work on one study by its database; each reads what all others
have found before it proposes.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, WorkError
from .generator import Generator
from .records import BROKEN, ENDED, FAILED, OUTSIDE, Record, records_of
from .space import Network, SearchSpace, is_ordered
from .survey import Survey

if TYPE_CHECKING:
    import optuna

SEARCHERS = ("generator", "random", "tpe", "nsga2")
IDENTITY, SURVEY = "pnet_tf", "survey"
"""Attributes of the study: what it searches, and networks that were measured before the first."""
_POPULATION = 10
"""Of NSGA-II, for studies of a few dozen networks."""
_PATIENCE = 25
"""Looks, 0.2 s apart, at a trial that is being asked for."""
_ASKED = 8
"""Trials begun at most until one is of a network that no other worker is at."""
WORKER = "worker"
"""Attribute of a trial: host and process that runs it."""

Distributions = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A trial that was begun, and its network."""

    trial: optuna.trial.Trial
    network: Network


def open_study(
    storage: str, name: str, identity: Mapping[str, Any], searcher: str,
    generator: Generator, seed: int, surveyed: Callable[[], Survey], worker: int = 0,
) -> optuna.Study:  # fmt: skip
    """The study `name` of a storage URL, made unless it is there; a killed worker's trials end.

    `surveyed` measures the space before the study is made: limits that it refuses leave none.
    Workers of one seed have numbers of their own, so that they propose different networks.

    Raises InputError for a storage that cannot be opened and for a study of something else.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with _opening(storage):
        opened = _storage(storage)
        is_new = name not in optuna.get_all_study_names(opened)
    first = surveyed() if is_new else None
    with _opening(storage):
        study = optuna.create_study(
            storage=opened, study_name=name, directions=["maximize", "minimize"],
            load_if_exists=True,
        )  # fmt: skip
    known = study.user_attrs.get(IDENTITY)
    if known is None:
        study.set_user_attr(IDENTITY, dict(identity))
    else:
        _check_same(name, known, identity)
    if study.user_attrs.get(SURVEY) is None:  # killed before it had one, too
        study.set_user_attr(SURVEY, first or surveyed())
    _end_abandoned(study)
    study.sampler = _sampler(searcher, generator, _mixed(seed, worker, study))
    return study


@contextmanager
def _opening(storage: str) -> Iterator[None]:
    import optuna
    import sqlalchemy

    try:
        yield
    except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.OptunaError, ImportError,
            ValueError) as error:  # fmt: skip
        raise InputError(f"storage {_shown(storage)} cannot be opened: {_line(error)}") from None


def _mixed(seed: int, worker: int, study: optuna.Study) -> int:
    """Another seed for each worker, and for a study that goes on."""
    entropy = [seed, worker, len(study.get_trials(deepcopy=False))]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])


@contextmanager
def storage_errors() -> Iterator[None]:
    """A storage that fails at work, a full disk among others, as one sentence; no Optuna too."""
    if importlib.util.find_spec("optuna") is None:
        raise InputError("a search needs Optuna: install the extra, pnet-tf[synthesis]")
    import optuna
    import sqlalchemy

    try:
        yield
    except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        cause = error.__cause__ or error
        raise WorkError(
            f"the storage of the study failed ({_line(cause)}); what it has is kept, and the same "
            f"command goes on"
        ) from None


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0][:200]


def _end_abandoned(study: optuna.Study) -> None:
    """Trials of processes of this machine that are no more failed."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        host, _, process = str(trial.user_attrs.get(WORKER, ":")).rpartition(":")
        if host == platform.node() and not _is_alive(int(process)):
            study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _shown(url: str) -> str:
    """A storage's address without its password."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


def _storage(url: str) -> Any:
    import optuna

    wait = {"connect_args": {"timeout": 60}} if url.startswith("sqlite") else None
    return optuna.storages.RDBStorage(url, engine_kwargs=wait)


def _check_same(name: str, known: Any, wanted: Mapping[str, Any]) -> None:
    for key, value in wanted.items():
        if not isinstance(known, Mapping) or known.get(key) != value:
            raise InputError(
                f"study {name} differs in its {key}; give another folder, or the options that it "
                f"was begun with"
            )


def distributions(space: SearchSpace) -> Distributions:
    """The space as Optuna has it: places of ordered values, and other values themselves."""
    from optuna.distributions import CategoricalDistribution, IntDistribution

    return {
        name: IntDistribution(0, len(values) - 1) if is_ordered(values)
        else CategoricalDistribution(values)
        for name, values in space.dimensions.items()
    }  # fmt: skip


def to_params(space: SearchSpace, network: Mapping[str, Any]) -> dict[str, Any]:
    """A network as parameters of a trial."""
    return {
        name: space.dimensions[name].index(value) if is_ordered(space.dimensions[name]) else value
        for name, value in network.items()
    }


def from_params(space: SearchSpace, params: Mapping[str, Any]) -> Network:
    """The network of a trial's parameters."""
    return space.active({
        name: values[params[name]] if is_ordered(values) else params[name]
        for name, values in space.dimensions.items()
    })  # fmt: skip


def ask(study: optuna.Study, space: SearchSpace) -> Asked:
    """Begin the next trial, of a network that no other worker is at."""
    from optuna.trial import TrialState

    for attempt in range(_ASKED):  # a space may have no other network
        trial = study.ask(distributions(space))
        trial.set_user_attr(WORKER, f"{platform.node()}:{os.getpid()}")
        network = from_params(space, trial.params)
        if attempt + 1 == _ASKED or network not in _at_work(study, space, trial.number):
            break
        study.tell(trial, state=TrialState.FAIL)
    return Asked(trial, network)


def known_records(study: optuna.Study) -> tuple[Record, ...]:
    """What every worker has found so far, and the survey's measurements before it."""
    measured = enumerate(study.user_attrs.get(SURVEY, ()))
    surveyed = [Record(-1 - number, found[0], found[1], OUTSIDE) for number, found in measured]
    return (*surveyed, *records_of(study.get_trials(deepcopy=False)))


def running(study: optuna.Study) -> int:
    """Networks that workers are at."""
    from optuna.trial import TrialState

    return len(study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)))


def tell(
    study: optuna.Study, trial: optuna.trial.Trial, ended: str, accuracy: float | None = None,
    facts: Mapping[str, float] | None = None,
) -> None:  # fmt: skip
    """End a trial: finished networks with their two values, those outside with the least ones.

    A network outside the limits counts as complete, so that samplers with constraints learn of it.
    """
    from optuna.trial import TrialState

    trial.set_user_attr(ENDED, ended)
    known = facts if facts is not None else {}
    if accuracy is not None or ended == OUTSIDE:
        study.tell(trial, [accuracy or 0.0, known.get("bytes", 1e9)])
    else:
        study.tell(trial, state=TrialState.FAIL if ended == FAILED else TrialState.PRUNED)


def _sampler(searcher: str, generator: Generator, seed: int) -> Any:
    import optuna

    if searcher not in SEARCHERS:
        raise InputError(f"searcher must be one of {', '.join(SEARCHERS)}, got {searcher!r}")
    if searcher == "random":
        return optuna.samplers.RandomSampler(seed)
    if searcher == "generator":
        return generator_sampler(generator, seed)
    with warnings.catch_warnings():  # constraints are marked as experimental
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if searcher == "tpe":
            return optuna.samplers.TPESampler(seed=seed, constraints_func=excesses)
        return optuna.samplers.NSGAIISampler(
            seed=seed, population_size=_POPULATION, constraints_func=excesses
        )


def excesses(trial: optuna.trial.FrozenTrial) -> Sequence[float]:
    """Constraint of a trial: above 0 where it breaks a limit."""
    return (float(bool(trial.user_attrs.get(BROKEN))),)


def _at_work(study: optuna.Study, space: SearchSpace, before: int) -> list[Network]:
    """Networks that other workers are at, of trials with a number below `before`.

    One that is just being asked for is waited for, a little.
    """
    from optuna.trial import TrialState

    whole = []
    for _ in range(_PATIENCE):
        trials = [one for one in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
                  if one.number < before]  # fmt: skip
        whole = [one for one in trials if len(one.params) == len(space.dimensions)]
        if len(whole) == len(trials):
            break
        time.sleep(0.2)
    return [from_params(space, one.params) for one in whole]


def generator_sampler(start: Generator, seed: int) -> Any:
    """An Optuna sampler that proposes what `start` proposes after all that a study knows."""
    import optuna

    class GeneratorSampler(optuna.samplers.BaseSampler):
        """Proposals of a generator that learns anew from the storage each time."""

        def infer_relative_search_space(self, study: optuna.Study, trial: Any) -> Distributions:
            """All dimensions."""
            return distributions(start.space)

        def sample_relative(
            self, study: optuna.Study, trial: Any, search_space: Distributions
        ) -> dict[str, Any]:
            """The dimensions that count."""
            records = known_records(study)
            learned = replace(start, records=records)
            busy = _at_work(study, start.space, trial.number)
            return to_params(start.space, learned.proposal(seed + trial.number, busy))

        def sample_independent(
            self, study: optuna.Study, trial: Any, param_name: str, param_distribution: Any
        ) -> Any:
            """Of a dimension that does not count, the first value."""
            values = start.space.dimensions[param_name]
            return 0 if is_ordered(values) else values[0]

    return GeneratorSampler()
