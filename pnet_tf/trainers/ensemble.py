"""Several trainers as one, `ensemble:a+b`: the mean of their logits, trained jointly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .._keras import keras, tf
from ..errors import InputError
from .base import Trainer

_PREFIX = "ensemble:"


def is_ensemble(spec: str) -> bool:
    """Whether a trainer is `ensemble:a+b`."""
    return spec.startswith(_PREFIX)


def members_of(spec: str) -> list[str]:
    """The names in `ensemble:a+b`; InputError for fewer than two or one that is there twice."""
    names = spec.removeprefix(_PREFIX).split("+")
    if len(names) < 2:
        raise InputError(f"an ensemble needs two trainers or more with + between, got {spec!r}")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"an ensemble has each trainer once, got {name!r} twice in {spec!r}")
    return names


def by_member(spec: str, members: Sequence[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given`, an object for each member, {} for what is left out."""
    for name, value in given.items():
        if name not in members:
            allowed = ", ".join(members)
            raise InputError(f"trainer {spec}: {name} is none of its members; allowed: {allowed}")
        if not isinstance(value, Mapping):
            raise InputError(f"trainer {spec}: {name} must be an object, got {value!r}")
    return {name: dict(given.get(name, {})) for name in members}


def combine(members: Sequence[Trainer], base: Mapping[str, Any]) -> Trainer:
    """One trainer of several by name; `base` is its configuration but for options and encoder.

    Members with equal encoders share the encoded inputs. Otherwise those are int32 [N, words]: the
    arrays side by side, float32 by its bits. Changed inputs of `augment` are seen where all members
    see them.
    """
    spec = str(base["spec"])
    encoders = _encoders(members)
    inputs = [encoders.index(_encoder(member)) for member in members]
    first = [members[inputs.index(place)] for place in range(len(encoders))]
    shapes = [_input(member) for member in first]
    if len(encoders) == 1:
        encoded = keras.Input(shapes[0][0], dtype=shapes[0][1], name="encoded")
        parts, encode = [encoded], first[0].encode
    else:
        encoded = keras.Input((sum(_size(shape) for shape, _ in shapes),), dtype="int32")
        parts, encode = _split(encoded, shapes), _side_by_side([m.encode for m in first])
    logits = [
        keras.Model(member.model.inputs, member.model.outputs, name=member.name)(parts[place])
        for member, place in zip(members, inputs, strict=True)
    ]
    model = keras.Model(encoded, keras.layers.Average(name="logits")(logits), name="ensemble")
    configs = [(member.name, member.config or {}) for member in members]
    own = {key: {name: c[key] for name, c in configs} for key in ("options", "encoder")}
    augmented = all(member.augmented for member in members)
    similar = next((m.similar_words for m in members if m.similar_words), None)
    return Trainer(spec, model, encode, {**base, **own}, augmented, similar)


def _encoder(member: Trainer) -> Any:
    """What encodes: an object with a method, as all encoders of this package, or a function."""
    return getattr(member.encode, "__self__", member.encode)


def _encoders(members: Sequence[Trainer]) -> list[Any]:
    found: list[Any] = []
    for member in members:
        if _encoder(member) not in found:
            found.append(_encoder(member))
    return found


def _input(member: Trainer) -> tuple[tuple[int, ...], str]:
    """Shape and type of an encoded input."""
    inputs = member.model.inputs
    if not inputs or len(inputs) != 1:
        raise InputError(f"an ensemble needs functional models of one input, {member.name} is none")
    return tuple(inputs[0].shape[1:]), inputs[0].dtype.name


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape))


def _side_by_side(encodes: Sequence[Callable[[Any], np.ndarray]]) -> Callable[[Any], np.ndarray]:
    def encode(inputs: Any) -> np.ndarray:
        return np.concatenate([_words(encode(inputs)) for encode in encodes], axis=1)

    return encode


def _words(array: np.ndarray) -> np.ndarray:
    """int32 [N, words]: the bits of float32, the value of uint8 and int32."""
    flat = np.ascontiguousarray(array.reshape(len(array), _size(array.shape[1:])))
    return flat.view(np.int32) if flat.dtype == np.float32 else flat.astype(np.int32)


def _split(words: tf.Tensor, shapes: Sequence[tuple[tuple[int, ...], str]]) -> list[tf.Tensor]:
    """The arrays that `_words` made words of."""
    parts, start = [], 0
    for shape, dtype in shapes:
        part = words[:, start : start + _size(shape)]
        start += _size(shape)
        part = tf.bitcast(part, dtype) if dtype == "float32" else tf.cast(part, dtype)
        parts.append(tf.reshape(part, (-1, *shape)))
    return parts
