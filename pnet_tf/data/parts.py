"""Arrays x and y, from a file or from memory, as the `Part` of one split."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from .labels import check_labels
from .types import Part, object_array


def check_inputs(x: np.ndarray, title: str, also: str = "") -> np.ndarray:
    """Images uint8 [N, H, W, C], or dense features float32 [N, F], as a copy.

    Takes uint8 [N, H, W] or [N, H, W, C], and finite numbers [N, F]. Raises InputError for
    anything else; `also` is what the caller takes besides.
    """
    if x.dtype == np.uint8 and x.ndim in (3, 4) and x.size:
        return np.array(x if x.ndim == 4 else x[..., None])
    if x.dtype.kind in "biuf" and x.ndim == 2 and x.size:
        return _finite(x, title)
    raise InputError(
        f"{title} is {x.dtype} {list(x.shape)}; allowed: {also}uint8 [N, H, W] or [N, H, W, C], or"
        " numbers [N, F], none of them 0"
    )


def check_targets(y: np.ndarray, title: str, task: str) -> np.ndarray:
    """Class names, an object array [N] of str, or for regression float32 [N, K].

    Takes integers or text [N] or [N, 1], and for regression finite numbers [N] or [N, K]. Raises
    InputError for anything else, labels that are not allowed included.
    """
    if task == "regression" and y.dtype.kind in "biuf" and y.ndim in (1, 2) and y.size:
        return _finite(y if y.ndim == 2 else y[:, None], title)
    classes = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if task == "classification" and y.dtype.kind in "iuU" and classes.ndim == 1 and y.size:
        names = object_array(str(value) for value in classes.tolist())
        check_labels(names, title)
        return names
    allowed = "integers or text [N]" if task == "classification" else "numbers [N] or [N, K]"
    raise InputError(f"{title} is {y.dtype} {list(y.shape)}; allowed for {task}: {allowed}")


def make_part(inputs: np.ndarray, targets: np.ndarray, titles: tuple[str, str, str]) -> Part:
    """Both as one split; `titles` are (where they come from, name of x, name of y)."""
    if len(inputs) != len(targets):
        where, x, y = titles
        raise InputError(
            f"{where}: {x} has {len(inputs)} rows and {y} {len(targets)}; allowed: equal numbers"
        )
    return Part(inputs, targets)


def one_kind(parts: Collection[Part], title: str) -> str:
    """The kind of input that all `parts` have; InputError when they differ."""
    kinds = sorted({_kind(part.inputs) for part in parts}, key=("text", "image", "dense").index)
    if len(kinds) > 1:
        names = {"text": "texts", "image": "images", "dense": "dense features"}
        mixed = " and ".join(names[kind] for kind in kinds)
        raise InputError(f"{title}: {mixed} mixed; allowed: one kind")
    return kinds[0]


def _kind(inputs: np.ndarray) -> str:
    if inputs.dtype == object:
        return "text"
    return "image" if inputs.ndim == 4 else "dense"


def _finite(values: np.ndarray, title: str) -> np.ndarray:
    """float32 copy in C order; InputError names the first value that is not finite there."""
    with np.errstate(over="ignore"):
        result = np.ascontiguousarray(values.astype(np.float32))
    bad = np.argwhere(~np.isfinite(result))
    if len(bad):
        row, column = bad[0].tolist()
        raise InputError(
            f"{title}[{row}, {column}] is {values[row, column]}; allowed: finite 32-bit numbers"
        )
    return result


def input_keys(inputs: np.ndarray) -> Sequence[Any]:
    """Something that is equal for equal inputs, also -0 and 0, and texts but for spaces around."""
    if inputs.dtype == object:
        return [text.strip() for text in inputs.tolist()]  # as tables of edges strip their cells
    plain = np.ascontiguousarray(inputs + inputs.dtype.type(0)).reshape(len(inputs), -1)
    return plain.view(np.dtype((np.void, plain.shape[1] * plain.itemsize)))[:, 0].tolist()
