"""Options of `train` as changes to a recipe: what was not said changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import InputError
from .names import LOSS_TERMS
from .parsing import parse
from .settings import STANDARD_TERMS, Weight, read_config_file


def options_to_settings(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The changes to a recipe that the options ask for: the file's first, then single options.

    Raises InputError for a bad file or numbers that are none.
    """
    changes = [read_config_file(options["config_file"])] if options["config_file"] else []
    return [*changes, *_projection_change(options), _plain_change(options)]


def _projection_change(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    projection = given(name=options["projection"], functions=options["projections"],
                       bits=options["bits"])  # fmt: skip
    head: dict[str, Any] = given(name=options["head"])
    hidden = _numbers(options["hidden"], "--hidden", int)
    if hidden is not None:
        linear = hidden == (0,)
        head = {"name": "linear"} if linear else {"name": "dense", "units": list(hidden)}
    return [given(projection=projection or None, head=head or None)]


def _plain_change(options: Mapping[str, Any]) -> dict[str, Any]:
    loss = given(**_lambdas(options["lambdas"]), temperature=options["temperature"],
                 teach_trainer=options["teach_trainer"] or None)  # fmt: skip
    unlabelled = given(inputs=options["unlabelled"], ratio=options["unlabelled_ratio"])
    names = ("epochs", "batch_size", "learning_rate", "patience")
    schedule = given(**{name: options[name] for name in names})
    source = options["encoder"]
    trainer = given(name=options["trainer"] or ("encoder" if source else None), source=source)
    return given(
        trainer=trainer or None,
        loss=loss or None,
        schedule=schedule or None,
        byte_length=options["byte_length"],
        teacher_logits=options["teacher_logits"],
        graph={"edges": options["graph"]} if options["graph"] else None,
        unlabelled=unlabelled or None,
        labels_per_class=options["labels_per_class"],
        trainer_weights=options["trainer_weights"],
        valid_fraction=options["valid_fraction"],
        seed=options["seed"],
        freeze_trainer=options["freeze_trainer"] or None,
        trainer_first=options["trainer_first"] or None,
        class_weights=options["class_weights"] or None,
        qat=options["qat"],
        prune=options["prune"],
        cluster=options["cluster"],
    )


def _lambdas(text: str | None) -> dict[str, Any]:
    """`1,0.1,1`, or weights of terms by name: `distillation=1,representation=10`."""
    if text is None or "=" not in text:
        numbers = _numbers(text, "--lambdas", float)
        return {} if numbers is None else {"lambdas": list(numbers)}
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = (side.strip() for side in part.partition("="))
        if name not in LOSS_TERMS:
            known = ", ".join(LOSS_TERMS.names())
            raise InputError(f"--lambdas takes 3 numbers or TERM=WEIGHT of {known}, got {part!r}")
        if name in found:
            raise InputError(f"--lambdas must name each loss term once, got {name} twice")
        found[name] = _weight(name, value)
    standard = {name: weight for name, weight in found.items() if name in STANDARD_TERMS}
    further = {n: {"weight": weight} for n, weight in found.items() if n not in STANDARD_TERMS}
    return given(lambdas=standard or None, terms=further or None)


def _weight(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise InputError(f"--lambdas: {name} must be a number, got {value!r}") from None
    return parse(number, Weight, f"--lambdas: {name} ")


def given(**values: Any) -> dict[str, Any]:
    """`values` without those that are None."""
    return {name: value for name, value in values.items() if value is not None}


def _numbers(text: str | None, name: str, kind: type) -> tuple[Any, ...] | None:
    """`1,0.1,1` as numbers; None stays None."""
    if text is None:
        return None
    try:
        return tuple(kind(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{name} must be numbers with commas between, got {text!r}") from None
