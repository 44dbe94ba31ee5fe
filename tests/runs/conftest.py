"""Small data files, and one finished run of each kind, trained once."""

import shutil

import numpy as np
import pytest

from pnet_tf.runs.train import train

from ..training.conftest import eager  # noqa: F401
from ..training.small import PICTURES, TAUGHT, WORDS, features, pictures, texts, untraced


def write_csv(path, inputs, labels):
    rows = "".join(f"{text},{label}\n" for text, label in zip(inputs, labels, strict=True))
    path.write_text(f"text,label\n{rows}")


@pytest.fixture(scope="session")
def sources(tmp_path_factory):
    """Kind -> path of a data file, as text: dense, text, image, and values."""
    folder = tmp_path_factory.mktemp("data")
    (x, y), (pixels, shown) = features(), pictures()
    np.savez(folder / "dense.npz", x_train=x, y_train=y, x_test=x[:9], y_test=y[:9])
    np.savez(folder / "image.npz", x_train=pixels, y_train=shown, x_test=pixels, y_test=shown)
    np.savez(folder / "values.npz", x_train=x, y_train=x[:, :2], x_test=x, y_test=x[:, :2])
    write_csv(folder / "text.csv", *texts())
    names = {"dense": "dense.npz", "text": "text.csv", "image": "image.npz", "values": "values.npz"}
    return {kind: str(folder / name) for kind, name in names.items()}


SETTINGS = {
    "dense": TAUGHT,
    "values": TAUGHT,
    "text": {**WORDS, "trainer": {"name": "ff", "buckets": 64, "embedding": 4}},
    "image": {**PICTURES, "trainer": {"name": "ff", "units": [4]}},
}
"""Kind -> settings with a trainer."""


@pytest.fixture(scope="session")
def finished(sources, tmp_path_factory):
    """`finished(kind) -> path` of a run with a trainer, which nobody may change."""
    made = {}

    def run(kind):
        if kind not in made:
            made[kind] = tmp_path_factory.mktemp("runs") / kind
            with untraced():
                train(sources[kind], made[kind], SETTINGS[kind])
        return made[kind]

    return run


@pytest.fixture
def copy(finished, tmp_path):
    """`copy(kind) -> path` of a run of one's own."""

    def run(kind="dense", name="copy"):
        return shutil.copytree(finished(kind), tmp_path / name)

    return run
