"""Inputs without labels: a table of messages, a folder of images, an array file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import InputError
from .images import image_files, read_images
from .npz import read_npz_arrays
from .parts import check_inputs
from .tables import TABLE_ENDINGS, read_texts, split_ending


def read_unlabelled(path: str | Path, kind: str) -> np.ndarray:
    """Inputs of a file or folder as `Split.inputs` of `kind` are.

    Texts: a table with a column of messages, or without a header one message in a row; other
    columns do not count. Images: all of a folder and the folders below it, of one size. Images and
    features: the array x of an .npz. Raises InputError for another form.
    """
    place = Path(path)
    if kind == "text" and split_ending(place.name, TABLE_ENDINGS)[1]:
        return read_texts(place)
    if kind == "image" and place.is_dir():
        return read_images(place)
    if kind != "text" and place.name.lower().endswith(".npz"):
        return check_inputs(read_npz_arrays(place, ("x",))["x"], f"{place}: x")
    forms = {
        "text": f"a table {', '.join(TABLE_ENDINGS)}",
        "image": "a folder of images, or an .npz with x",
        "dense": "an .npz with x",
    }
    raise InputError(f"{place}: no inputs without labels of this kind; allowed: {forms[kind]}")


def names_of(path: str | Path, inputs: np.ndarray) -> tuple[str, list[str]]:
    """What people call the inputs that `read_unlabelled` gave for `path`, and what that is.

    Texts by themselves: text; images of a folder: path; rows of an .npz by their number from 0 on.
    """
    if inputs.dtype == object:
        return "text", inputs.tolist()
    if Path(path).is_dir():
        return "path", [str(file) for file in image_files(Path(path))]
    return "row", [str(row) for row in range(len(inputs))]
