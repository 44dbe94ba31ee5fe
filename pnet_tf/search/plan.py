"""What a sweep trains and exports: options parsed, combined and turned into commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

from ..errors import InputError
from ..names import HEADS, QUANTIZATIONS
from ..settings import WHOLE_VECTOR, make_settings, read_config_file

DEFAULT_HIDDEN = (128,)
DEFAULT_HEADS = {"text": ("sequence",), "image": ("linear", "dense"), "dense": ("linear", "dense")}
DEFAULT_POINTS = {
    "text": ((8, 8), (16, 8), (32, 8), (64, 8)),  # T*d must be a power of two
    "image": ((8, 10), (10, 12), (30, 12), (60, 12)),
    "dense": ((8, 10), (10, 12), (30, 12), (60, 12)),
}
_T = TypeVar("_T")


@dataclass(frozen=True)
class Sweep:
    """What is asked for; None where the kind of input decides.

    `points` are (T, d) pairs; a `hidden` of 0 units means the linear head; `config` is what the
    file `config_file` holds.
    """

    points: tuple[tuple[int, int], ...] | None = None
    heads: tuple[str, ...] | None = None
    hidden: tuple[int, ...] | None = None
    quantize: tuple[str, ...] = ("int8", "int4", "dynamic")
    seeds: tuple[int, ...] = (0,)
    recipe: str | None = None
    config_file: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    trainer: str | None = None
    epochs: int | None = None


@dataclass(frozen=True)
class Training:
    """One run to train: T functions of d bits, a head (`hidden` units, 0 without), a seed."""

    functions: int
    bits_per_function: int
    head: str
    hidden: int
    seed: int

    @property
    def name(self) -> str:
        """Name of the run, for example 60x12-dense256-s0."""
        return f"{self.title}-s{self.seed}"

    @property
    def title(self) -> str:
        """The name without the seed."""
        return f"{self.functions}x{self.bits_per_function}-{self.head}{self.hidden or ''}"


@dataclass(frozen=True)
class Plan:
    """A sweep over one kind of input, with nothing left open; `projection` None for text's own."""

    data: str
    projection: str | None
    sweep: Sweep
    trainings: tuple[Training, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all points: each training in each quantisation."""
        return tuple(
            point_name(training, mode)
            for training, mode in product(self.trainings, self.sweep.quantize)
        )

    def settings(self) -> dict[str, Any]:
        """Plain JSON that says what the sweep was made from."""
        return {
            "data": self.data,
            "projection": self.projection,
            **asdict(self.sweep),
            "points": [list(point) for point in self.sweep.points or ()],
            "heads": list(self.sweep.heads or ()),
            "hidden": list(self.sweep.hidden or ()),
            "quantize": list(self.sweep.quantize),
            "seeds": list(self.sweep.seeds),
            "config": dict(self.sweep.config),
        }

    def changes(self, training: Training) -> list[Mapping[str, Any]]:
        """What `train_command` asks for, as changes to a recipe."""
        projection = {"functions": training.functions, "bits": training.bits_per_function}
        named = {"name": self.projection} if self.projection else {}
        units = {"units": [training.hidden]} if training.hidden else {}
        epochs = {} if self.sweep.epochs is None else {"epochs": self.sweep.epochs}
        single = {
            "projection": {**named, **projection},
            "head": {"name": training.head, **units},
            "trainer": {"name": self.sweep.trainer} if self.sweep.trainer else {},
            "schedule": epochs,
            "seed": training.seed,
        }
        return [self.sweep.config, single]

    def train_command(self, training: Training, folder: Path) -> list[str]:
        """Arguments of the `pnet-tf train` of one run."""
        head = ["--hidden", str(training.hidden)] if training.hidden else ["--head", training.head]
        options = {
            "--recipe": self.sweep.recipe,
            "--config": self.sweep.config_file,
            "--projection": self.projection,
            "--trainer": self.sweep.trainer,
            "--epochs": self.sweep.epochs,
        }
        given = [str(part) for pair in options.items() if pair[1] is not None for part in pair]
        return [
            "train", self.data, "--out", str(run_folder(folder, training)),
            "--projections", str(training.functions), "--bits", str(training.bits_per_function),
            *head, "--seed", str(training.seed), *given,
        ]  # fmt: skip


def point_name(training: Training, mode: str) -> str:
    """Name of one exported file, for example 60x12-dense256-s0-int8."""
    return f"{training.name}-{mode}"


def run_folder(folder: Path, training: Training) -> Path:
    """Where the run of a training lies."""
    return folder / "runs" / training.name


def point_folder(folder: Path, name: str) -> Path:
    """Where the file of a point and its figures lie."""
    return folder / "points" / name


def export_command(training: Training, mode: str, folder: Path) -> list[str]:
    """Arguments of the `pnet-tf export` of one point."""
    into = point_folder(folder, point_name(training, mode))
    return [
        "export", str(run_folder(folder, training)), "--tflite", str(into / "model.tflite"),
        "--quantize", mode, "--json", str(into / "export.json"),
    ]  # fmt: skip


def make_plan(data: str, kind: str, sweep: Sweep) -> Plan:
    """`sweep` over `data`, whose inputs are `kind`, with every default filled in.

    Raises InputError for hidden units without the dense head that has them.
    """
    heads = sweep.heads or (("dense",) if sweep.hidden else DEFAULT_HEADS[kind])
    hidden = sweep.hidden or (DEFAULT_HIDDEN if "dense" in heads else ())
    if any(hidden) and "dense" not in heads:
        raise InputError(f"--hidden needs dense among --heads, got {', '.join(heads)}")
    points = sweep.points or DEFAULT_POINTS[kind]
    whole = Sweep(**{**vars(sweep), "points": points, "heads": heads, "hidden": hidden})
    trainings = tuple(
        Training(functions, bits, head, units, seed)
        for (functions, bits), (head, units), seed in product(
            points, head_kinds(heads, hidden), sweep.seeds
        )
    )
    return Plan(data, _projection(kind, sweep), whole, trainings)


def head_kinds(heads: Sequence[str], hidden: Sequence[int]) -> tuple[tuple[str, int], ...]:
    """Each head with its hidden units; only dense has some, and dense with 0 is linear."""
    found: list[tuple[str, int]] = []
    for head in heads:
        if head == "dense":
            found += [("dense", units) if units else ("linear", 0) for units in hidden]
        else:
            found.append((head, 0))
    return tuple(dict.fromkeys(found))


def _projection(kind: str, sweep: Sweep) -> str | None:
    """The projection of whole vectors that settings name, else structured; text has one only."""
    named = make_settings(kind, [sweep.config], recipe=sweep.recipe).projection.name
    if kind == "text":
        return None
    return named if named in WHOLE_VECTOR else "structured"


def parse_sweep(options: Mapping[str, Any]) -> Sweep:
    """The options of `bits` that were given, with those of many values as text, as a Sweep.

    Raises InputError for a text that cannot be read.
    """
    read: dict[str, Callable[[str], Any]] = {
        "points": parse_points,
        "heads": lambda text: parse_names(text, "--heads", HEADS.names()),
        "hidden": lambda text: parse_numbers(text, "--hidden"),
        "quantize": lambda text: parse_names(text, "--quantize", QUANTIZATIONS.names()),
        "seeds": lambda text: parse_numbers(text, "--seeds"),
    }
    parsed = {name: read[name](value) if name in read else value for name, value in options.items()}
    if "config_file" in options:
        parsed["config"] = read_config_file(options["config_file"])
    return Sweep(**parsed)


def parse_points(text: str) -> tuple[tuple[int, int], ...]:
    """`8x10,10x12` as (T, d) pairs; raises InputError unless all are two numbers above 0."""
    return _parse(text, "--points", "TxD with T and D of at least 1, such as 60x12", _pair)


def parse_numbers(text: str, name: str) -> tuple[int, ...]:
    """`0,128` as whole numbers of at least 0."""
    return _parse(text, name, "whole numbers of at least 0", _whole)


def parse_names(text: str, name: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """`int8,none` as names, each one of `allowed`."""
    return _parse(
        text, name, f"one of {', '.join(allowed)}", lambda part: part if part in allowed else None
    )


def _parse(
    text: str, name: str, needed: str, read: Callable[[str], _T | None]
) -> tuple[_T, ...]:
    """The different values between commas; `read` gives None for a part that is wrong."""
    found = []
    for part in text.split(","):
        value = read(part.strip())
        if value is None:
            raise InputError(f"{name} must be {needed}, with commas between; got {part.strip()!r}")
        found.append(value)
    return tuple(dict.fromkeys(found))


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _pair(text: str) -> tuple[int, int] | None:
    functions, _, bits = text.partition("x")
    pair = _whole(functions), _whole(bits)
    return (pair[0], pair[1]) if pair[0] and pair[1] else None
