"""How far trained networks can be compressed without loss: pictures and affinities.

    python scripts/reproduce_compression.py DATA_FOLDER --only mnist [--seeds 3] [--drawn]
    python scripts/reproduce_compression.py --affinity-folder FOLDER [--affinity raw]

Pictures: the shape of Marino et al. 2020 (arXiv 2007.07967), convolutions to 512 features, then
dense layers of 4096, 4096 and 10; CIFAR-10 is a copy as JPEG. Affinities of drugs and proteins:
DeepDTA (`deepdta.py`), on `DATA_FOLDER/deepdta_NAME` or a folder of that layout. A network is
trained, `choose_plans` compresses it as far as valid allows (`--keep-loss`: of accuracy by default
0.001, of squared error 0) after a last training that is longer than those of the trials, and test
is read once. Seeds after the first try the plans of that one, or what lies between, and only where
none keeps the loss search anew. What stands in the tables under `--out` is not made again, and a
search that was stopped goes on under `--runs`. `--drawn` writes the pages of what is finished
alone.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import affinity_figures
import deepdta
import numpy as np
from affinities import LENGTHS, SCALES, read_affinities, set_name
from affinity_figures import FoundAffinity
from measured import Table, mean, write_text

import pnet_tf
from pnet_tf import keras
from pnet_tf.compress.choose import Trainable, choose_plans
from pnet_tf.compress.coded_model import coded_bytes, measured
from pnet_tf.compress.keras_file import score_of
from pnet_tf.compress.network import CompressedModel
from pnet_tf.compress.plot import draw_trials
from pnet_tf.compress.trials import Trial, plans_found
from pnet_tf.data import Dataset

BATCH, RATE = 256, 1e-3
SHIFT = 0.07
"""Share of height and width that a picture is shifted by at most."""
RETRAINING_BATCH, RETRAINING_RATE, RETRAINING_STEPS = 64, 3e-4, 120
KEEP_LOSS = 0.001
"""About the standard error of an accuracy of 99.5 % on 6,000 pictures, 0.0009."""
F = TypeVar("F", "Found", FoundAffinity)


@dataclass(frozen=True)
class PictureSet:
    """Where a set lies and how its network is made.

    `blocks`: convolutions by their channels. `slack`: accuracy that the short retraining of a trial
    may lose beside, which the `final_epochs` make good.
    """

    source: str
    blocks: tuple[tuple[int, ...], ...]
    epochs: int
    final_epochs: int
    slack: float


SETS = {
    "mnist": PictureSet("mnist", ((32,), (64,), (128,)), 10, 6, 0.002),
    "fashion_mnist": PictureSet("fashion_mnist", ((32,), (64,), (128,)), 10, 6, 0.002),
    "cifar10": PictureSet("cifar10/cifar10.tar.gz", ((32,), (64,), (128, 128)), 16, 4, 0.01),
}


@dataclass(frozen=True)
class Found:
    """Accuracies 0..1 on test; bytes of the dense part and of all weights, float32 and coded."""

    data: str
    seed: int
    base_accuracy: float
    accuracy: float
    dense_float32_bytes: int
    dense_bytes: int
    float32_bytes: int
    size_bytes: int
    trials: int
    seconds: int


def network(data: Dataset, blocks: Sequence[Sequence[int]]) -> keras.Model:
    """Blocks of convolutions and a pool, 512 features, dense 4096-4096-labels; takes pixels."""
    layers = keras.layers
    x = inputs = keras.Input(data.input_shape)
    x = layers.Rescaling(1 / 127.5, -1.0)(x)
    for block in blocks:
        for width in block:
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(512, 1, use_bias=False, name="features")(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling2D()(x)
    for number in (1, 2):
        x = layers.Dense(4096, "relu", name=f"dense_{number}")(layers.Dropout(0.3)(x))
    return keras.Model(inputs, layers.Dense(len(data.labels), name="dense_3")(x), name="dense4096")


def trained(data: Dataset, name: str, seed: int, run: Path) -> keras.Model:
    """The uncompressed network, kept under `run`."""
    place = run / "net.keras"
    if place.exists():
        return keras.models.load_model(place)
    keras.utils.set_random_seed(seed)
    model = network(data, SETS[name].blocks)
    fit_whole(model, data, SETS[name].epochs)
    run.mkdir(parents=True, exist_ok=True)
    model.save(run / "making.keras")
    (run / "making.keras").rename(place)
    return model


def fit_whole(model: keras.Model, data: Dataset, epochs: int) -> None:
    """Some epochs, the last at a rate near 0."""
    steps = epochs * -(-len(data.train.targets) // BATCH)
    fit(model, data, epochs, keras.optimizers.schedules.CosineDecay(RATE, steps), BATCH)


def fit(model: keras.Model, data: Dataset, epochs: int, rate: Any, batch: int) -> None:
    """Train on the training split; pictures are shifted, those of objects mirrored too."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, ["accuracy"])
    layers = keras.layers
    changed = [layers.RandomTranslation(SHIFT, SHIFT, fill_mode="constant")]
    if data.name != "mnist":
        changed.append(layers.RandomFlip("horizontal"))
    for _ in range(epochs):
        inputs = data.train.inputs
        for change in changed:
            inputs = change(inputs, training=True).numpy()
        model.fit(inputs, data.train.targets, batch, 1, verbose=2)


def compressed(
    data: Dataset, name: str, seed: int, run: Path, keep_loss: float, like: Path | None
) -> Found:
    """Train, search, and read test; what the search in `like` has found is tried first."""
    began = monotonic()
    model = trained(data, name, seed, run)
    before = score_of(model, data.test)
    net = Trainable(
        model, lambda small: fit_compressed(small, data), lambda tried: score_of(tried, data.valid),
        lambda small: fit_whole(small, data, SETS[name].final_epochs),
    )  # fmt: skip
    choice = choose_plans(
        net, run / "search", keep_loss, slack=SETS[name].slack,
        like=like and plans_found(like, model), seed=seed, show=show,
    )  # fmt: skip
    dense = [one for one in measured(model) if one.name.startswith("dense")]
    return Found(
        name, seed, before, score_of(model, data.test), sum(one.float32_bytes for one in dense),
        sum(one.size_bytes for one in dense), choice.float32_bytes, len(coded_bytes(model)),
        choice.trials, round(monotonic() - began),
    )  # fmt: skip


def fit_compressed(small: CompressedModel, data: Dataset) -> None:
    """Some steps of retraining, on examples drawn anew each time, the last at a rate near 0."""
    count = len(data.train.targets)
    rows = np.array(random.sample(range(count), min(count, RETRAINING_STEPS * RETRAINING_BATCH)))
    rate = keras.optimizers.schedules.CosineDecay(RETRAINING_RATE, RETRAINING_STEPS)
    fit(small, replace(data, train=data.train.take(rows)), 1, rate, RETRAINING_BATCH)


def show(trial: Trial) -> None:
    """A line a trial."""
    kept = "kept" if trial.kept else "not kept"
    print(
        f"trial {trial.number}: {trial.size_bytes:,} bytes, {trial.score:.4f}, {kept}", flush=True
    )


def table(found: Sequence[Found]) -> Iterator[str]:
    """A row a data set; ratios are coded / float32 bytes."""
    yield "| data | seeds | before, % | after, % | dense part | whole net | whole net, bytes |"
    yield "|---|---|---|---|---|---|---|"
    for name in dict.fromkeys(one.data for one in found):
        rows = [one for one in found if one.data == name]
        before = mean([100 * one.base_accuracy for one in rows], ".2f")
        after = mean([100 * one.accuracy for one in rows], ".2f")
        seeds = ", ".join(str(seed) for seed in sorted(one.seed for one in rows))
        cells = [name, seeds, before, after, *affinity_figures.size_cells(rows)]
        yield f"| {' | '.join(cells)} |"


def page(found: Sequence[Found]) -> str:
    """The table with what it is."""
    return "\n".join([
        "# Networks with dense layers of 4096", "",
        "    python scripts/reproduce_compression.py DATA_FOLDER", "",
        "Coded bytes over float32 bytes, everything counted that restores the weights; plans are "
        "chosen on valid, where 0.1 points may be lost, test is read once. `dense part`: the three "
        "dense layers.", "",
        *table(found), "",
    ])  # fmt: skip


def parsed() -> argparse.Namespace:
    """The options; `folders` is every affinity set that is asked for, by its name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--only", choices=(*SETS, *LENGTHS), action="append")
    parser.add_argument("--affinity-folder", type=Path, action="append", default=[])
    parser.add_argument("--affinity", choices=SCALES, help="by default pkd for Kd in nM, else raw")
    parser.add_argument("--affinity-steps", type=int, default=deepdta.STEPS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--keep-loss", type=float)
    parser.add_argument("--drawn", action="store_true")
    parser.add_argument("--runs", type=Path, default=Path("runs/compression"))
    parser.add_argument("--out", type=Path, default=Path("results/compression"))
    args = parser.parse_args()
    if args.only is None:
        args.only = [] if args.affinity_folder else [*SETS, "davis"]
    if args.only and args.data is None:
        parser.error("DATA_FOLDER is wanted, or --affinity-folder alone")
    folders = [args.data / f"deepdta_{name}" for name in args.only if name not in SETS]
    args.folders = {set_name(folder): folder for folder in (*folders, *args.affinity_folder)}
    return args


def measure_all(
    found: Table[F], names: Sequence[str], args: argparse.Namespace, make: Callable[..., F]
) -> None:
    """`make(name, seed, run, like)` makes each row that the table has not; its trials are drawn."""
    for name in names:
        for seed in range(args.seeds):
            run, first = args.runs / f"{name}_{seed}", args.runs / f"{name}_0" / "search"
            like = first if seed and first.exists() else None
            one = found.measured(partial(make, name, seed, run, like), name, seed)
            if (run / "search").exists():
                draw_trials(run / "search", one.float32_bytes, args.out / picture(one))


def picture(one: Any) -> str:
    """Name of the plot of its trials."""
    return f"{one.data}_{one.seed}.png"


def written(target: Path, found: Sequence[Any], text: str) -> None:
    """The page with the plots that there are, if there is anything to tell."""
    if found:
        plots = [f"\n![trials of {one.data}, seed {one.seed}]({picture(one)})\n"
                 for one in found if (target.parent / picture(one)).exists()]  # fmt: skip
        write_text(target, text + "".join(plots))
        print(text)


def main() -> None:
    """Measure; write `dense4096` and `deepdta`, each as `.json` and `.md`, into `--out`."""
    args = parsed()

    def pictures(name: str, seed: int, run: Path, like: Path | None) -> Found:
        data = pnet_tf.load_dataset(str(args.data / SETS[name].source))
        keep_loss = KEEP_LOSS if args.keep_loss is None else args.keep_loss
        return compressed(data, name, seed, run, keep_loss, like)

    def affinities(name: str, seed: int, run: Path, like: Path | None) -> FoundAffinity:
        data = read_affinities(args.folders[name], args.affinity)
        return affinity_figures.compressed(
            data, seed, run, args.keep_loss or 0.0, show, args.affinity_steps, like
        )

    key = ("data", "seed")
    nets = Table(args.out / "dense4096.json", Found, key)
    others = Table(args.out / "deepdta.json", FoundAffinity, key)
    if not args.drawn:
        measure_all(nets, [name for name in args.only if name in SETS], args, pictures)
        measure_all(others, list(args.folders), args, affinities)
    written(args.out / "dense4096.md", nets.rows, page(nets.rows))
    written(args.out / "deepdta.md", others.rows, affinity_figures.page(others.rows))


if __name__ == "__main__":
    main()
