"""Trainers: built by name, wrapped from a Keras model, rebuilt from a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta

from .._keras import keras, require_keras
from ..data.spec import KINDS, InputSpec
from ..data.types import TASKS
from ..errors import InputError
from ..names import TRAINERS
from ..parsing import check_known, parse, to_plain
from .base import Network, Trainer
from .custom import check_output, custom_network
from .ensemble import by_member, combine, is_ensemble, members_of

_BYTE_LENGTH = 128
_DEFAULTS = {"text": "gru", "image": "cnn", "dense": "ff"}


def default_trainer(kind: str) -> str:
    """The trainer that measured best for `kind`; InputError on a kind that does not exist."""
    return _DEFAULTS[_one_of("kind", kind, KINDS)]


def is_custom(spec: str) -> bool:
    """Whether a trainer is `module:function`: code of the user's own, imported when it is built."""
    return ":" in spec and not is_ensemble(spec)


def build_trainer(
    spec: str,
    *,
    kind: str,
    task: str,
    outputs: int,
    input_shape: tuple[int, ...],
    train_inputs: np.ndarray,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
) -> Trainer:
    """A trainer with fresh weights that depend on `seed` alone.

    spec: a name of `names.TRAINERS`, or `module:function` for a Keras model of the user's own,
    which gets the raw inputs: text as uint8 [`byte_length`] (option, default 128), image as uint8
    [H, W, C], dense as float32 [F], or `ensemble:a+b` for the mean of the logits of named ones.
    `options` are those of the network, of an ensemble by member. `train_inputs` sets what
    the encoder measures: lengths and document frequencies of texts, mean and deviation of dense
    features. Raises InputError on an unknown name, one that does not suit the kind, or an option
    it does not have.
    """
    _one_of("kind", kind, KINDS)
    _one_of("task", task, TASKS)
    if outputs < 1:
        raise InputError(f"outputs must be 1 or more, got {outputs}")
    base = {"spec": spec, "kind": kind, "task": task, "outputs": outputs,
            "input_shape": list(input_shape), "seed": seed}  # fmt: skip
    if is_custom(spec):
        return rebuild_trainer({**base, **_raw_options(spec, kind, options or {})})
    if is_ensemble(spec):
        own = by_member(spec, _members(spec, kind), options or {})
        members = [
            build_trainer(name, kind=kind, task=task, outputs=outputs, input_shape=input_shape,
                          train_inputs=train_inputs, seed=seed, options=given)
            for name, given in own.items()
        ]  # fmt: skip
        return combine(members, base)
    network = _network(spec, kind)
    found = _options(spec, network, options or {})
    encoder = network.encoder.fit(train_inputs, tuple(input_shape), found)
    config = {**base, "options": to_plain(found), "encoder": encoder.to_json()}
    trainer = rebuild_trainer(config)
    if network.measured:
        network.measured(trainer.model, encoder, train_inputs)
    return trainer


def wrap_trainer(model: keras.Model, spec: InputSpec, outputs: int) -> Trainer:
    """A Keras model in memory as a trainer: raw inputs of `spec` -> logits [N, outputs].

    Raises InputError for a Keras 3 object and for a model of other inputs or outputs.
    """
    require_keras(model, keras.Model, "trainer")
    check_output("trainer", model, spec.shape, spec.dtype, outputs)
    return Trainer(model.name, model, lambda inputs: spec.encode(inputs).array)


class TrainerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `Trainer.config` holds: everything to make the network again, but for its weights."""

    spec: str
    kind: Literal["text", "image", "dense"]
    task: Literal["classification", "regression"]
    outputs: Annotated[int, Meta(ge=1, le=65536)]
    input_shape: tuple[int, ...]
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)]
    options: dict[str, Any]
    encoder: dict[str, Any]


def rebuild_trainer(config: Mapping[str, Any]) -> Trainer:
    """The trainer of a `Trainer.config`, with the weights of its seed.

    Load the saved weights into it: for text they include the IDF table, which is zero until then.
    A `module:function` is imported: ask first where the configuration comes from elsewhere.
    """
    c = parse(config, TrainerConfig, "trainer: ")
    raw = InputSpec.of(c.kind, c.input_shape, c.options.get("byte_length", _BYTE_LENGTH))
    if is_custom(c.spec):
        model = custom_network(c.spec, raw.shape, raw.dtype, c.outputs, c.seed)
        return Trainer(c.spec, model, lambda inputs: raw.encode(inputs).array, config)
    if is_ensemble(c.spec):
        names = _members(c.spec, c.kind)
        options, encoders = (by_member(c.spec, names, x) for x in (c.options, c.encoder))
        parts = ({"spec": n, "options": options[n], "encoder": encoders[n]} for n in names)
        return combine([rebuild_trainer({**config, **part}) for part in parts], config)
    network = _network(c.spec, c.kind)
    encoder = network.encoder.from_json(c.encoder, c.input_shape)
    options = _options(c.spec, network, c.options)
    model = network.build(encoder, c.outputs, c.seed, options)
    similar = getattr(encoder, "similar_words", None)
    return Trainer(c.spec, model, encoder.encode, config, network.augmented, similar)


def _options(spec: str, network: Network, given: Mapping[str, Any]) -> Any:
    """`given` as the network's options; one that it does not have is refused whatever its type."""
    where = f"trainer {spec}: "
    check_known(given, network.options, where)
    return parse(given, network.options, where)


def _raw_options(spec: str, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a model of the user's own: the bytes of a message, for texts."""
    known = {"byte_length": _BYTE_LENGTH} if kind == "text" else {}
    for name in given:
        if name not in known:
            names = ", ".join(known) or "none"
            raise InputError(f"trainer {spec} has no option {name!r}, allowed: {names}")
    options = {**known, **given}
    if options:
        InputSpec.from_json({"kind": "text", **options})
    return {"options": options, "encoder": dict(options)}


def _network(spec: str, kind: str) -> Network:
    """The network of a name for a kind of input."""
    found = _of_kind(spec, kind) if spec in TRAINERS else None
    if found is None:
        allowed = ", ".join((*_fitting(kind), "ensemble:a+b", "module:function"))
        raise InputError(f"trainer for {kind} inputs must be one of {allowed}, got {spec!r}")
    return found


def _members(spec: str, kind: str) -> list[str]:
    """The members of an ensemble, each of them a network for a kind of input."""
    names, fitting = members_of(spec), _fitting(kind)
    for name in names:
        if name not in fitting:
            raise InputError(
                f"each trainer in an ensemble for {kind} inputs must be one of "
                f"{', '.join(fitting)}, got {name!r} in {spec!r}"
            )
    return names


def _fitting(kind: str) -> list[str]:
    """Names of the networks for a kind of input."""
    return [name for name in TRAINERS.names() if _of_kind(name, kind)]


def _of_kind(name: str, kind: str) -> Network | None:
    found = TRAINERS.get(name)
    networks = (found,) if isinstance(found, Network) else found
    return next((network for network in networks if network.kind == kind), None)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InputError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
    return value
