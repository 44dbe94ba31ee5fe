"""What few labels and many unlabelled messages come to: the student alone, taught, and its peers.

    python scripts/label_figures.py DATA_FOLDER --encoder FOLDER [--only clinc150] [--seeds 5]

Of each class of train K labels stay (`--labels-per-class K`; 0: all), the other inputs are without
one. Every file is measured on valid; `--split test` is for the last look. What stands in the table
under `--out` is not made again, a training that was stopped goes on under `--runs`, and `--drawn`
measures nothing: it makes pages and plots of what is there. `--encoder` names an ONNX export of a
sentence encoder.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from measured import Table, pnet_tf, write_json, write_text

import pnet_tf as library

SETS = {"clinc150": (5, 10, 30, 0), "atis": (5, 10, 30, 100), "trec6": (5, 10, 30, 100, 0),
        "sst2": (0,), "fashion_mnist": (10, 100, 0), "mnist": (10, 100, 0)}  # fmt: skip
"""Data set -> labels a class, 0 for all."""
MADE = {"clinc150": 30_000, "trec6": 20_000, "sst2": 20_000}
"""Inputs that are made where all have labels (`augment.transfer`)."""
FEW_MADE = 20_000
"""And where few have some, without a log."""
IMAGES = ("mnist", "fashion_mnist", "cifar10")
MODES = {
    "alone": "--trainer none",
    "n-grams first": "--trainer tfidf --trainer-first",
    "encoder first": "--encoder {encoder} --trainer-first",
    "encoder at once": "--encoder {encoder} --jointly",
    "no log, made inputs": "--encoder {encoder} --trainer-first --config {made}",
}
"""Name -> options of `train` beside `--labels-per-class`; without a log beside a table of those."""
NO_LOG = "no log, made inputs"
_MADE_INPUTS = "--encoder {encoder} --trainer-first --config {made}"
FULL_MODES = {
    "alone": "--trainer none",
    "encoder first": "--encoder {encoder} --trainer-first",
    "encoder, made inputs": _MADE_INPUTS,
    "the same, text-large": f"{_MADE_INPUTS} --recipe text-large --epochs 40",
    "encoder at once": "--encoder {encoder} --jointly",
}
"""Where all labels stay."""
IMAGE_MODES = {
    "alone": "--trainer none",
    "trainer first": "--trainer-first",
    "trainer at once": "--jointly",
}
SVM = "linear SVM"


@dataclass(frozen=True)
class Found:
    """Accuracies 0..1 of one file and its trainer, its bytes and the seconds of training.

    `seconds` 0: not measured, as of a training that stood still for a while.
    """

    data: str
    labels: int
    seed: int
    mode: str
    accuracy: float
    trainer_accuracy: float | None
    size_bytes: int
    seconds: int


def modes_of(name: str, labels: int) -> dict[str, str]:
    """Ways of training on a data set."""
    if name in IMAGES:
        return IMAGE_MODES
    if labels:
        return MODES
    return {mode: options for mode, options in FULL_MODES.items()
            if name in MADE or "{made}" not in options}  # fmt: skip


def run_of(source: Path, labels: int, seed: int, mode: str, args: argparse.Namespace) -> Path:
    """The folder of a training."""
    name = "".join(c if c.isalnum() else "_" for c in mode)
    return args.runs / f"{source.name}_{labels}_{name}_{seed}"


def figures_of(run: Path, split: str) -> tuple[Path, Path]:
    """The JSON of its file and of its run, measured on a split."""
    return run.with_name(f"{run.name}.{split}.file.json"), run.with_name(
        f"{run.name}.{split}.run.json"
    )


def measure(source: Path, labels: int, seed: int, mode: str, args: argparse.Namespace) -> Found:
    """One training, exported and evaluated; what is there is not made again."""
    run = run_of(source, labels, seed, mode, args)
    data = without_log(source, labels, seed, args.runs) if mode == NO_LOG else source
    model = f"{run}.tflite"
    if not (run / "report.json").exists():
        options = options_of(source, labels, mode, args)
        hidden = ["--labels-per-class", str(labels)] if labels and data is source else []
        new = [*hidden, "--seed", str(seed), *options]
        pnet_tf("train", str(data), "--out", str(run), *(["--resume"] if run.exists() else new))
    if not Path(model).exists():
        pnet_tf("export", str(run), "--tflite", model)
    targets = figures_of(run, args.split)
    for target, what in zip(targets, (model, str(run)), strict=True):
        if not target.exists():
            pnet_tf("evaluate", what, str(data), "--split", args.split, "--json", str(target))
    file, both = (json.loads(path.read_text(encoding="utf-8")) for path in targets)
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    return Found(source.name, labels, seed, mode, file["accuracy"], both["trainer_accuracy"],
                 file["size_bytes"], round(report["seconds"]))  # fmt: skip


def without_log(source: Path, labels: int, seed: int, runs: Path) -> Path:
    """Tables of the labelled messages that are left, and of valid and test, in a folder."""
    folder = runs / f"{source.name}_{labels}_{seed}_few"
    few = library.hide_labels(library.load_dataset(str(source)), labels, seed=seed)[0]
    folder.mkdir(exist_ok=True)
    for name in ("train", "valid", "test"):
        rows = getattr(few, name)
        labelled = zip((few.labels[place] for place in rows.targets), rows.inputs, strict=True)
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("label", "text"), *labelled])
    return folder


def options_of(source: Path, labels: int, mode: str, args: argparse.Namespace) -> list[str]:
    """Of `train`, with the file that asks for made inputs written."""
    found = modes_of(source.name, labels)[mode]
    count = FEW_MADE if labels else MADE.get(source.name)
    made = args.runs / f"made_{count}.json"
    if "{made}" in found:
        write_json(made, {"augment": {"transfer": count}})
    return found.format(encoder=args.encoder, made=made).split()


def svm(source: Path, labels: int, seed: int, split: str) -> Found:
    """A linear SVM on TF-IDF of words and letters, on the labels that are left."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    few = library.load_dataset(str(source))
    few = library.hide_labels(few, labels, seed=seed)[0] if labels else few
    asked = getattr(few, split)
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    letters = TfidfVectorizer(ngram_range=(2, 5), analyzer="char_wb", sublinear_tf=True)
    model = make_pipeline(make_union(words, letters), LinearSVC())
    model.fit(few.train.inputs.tolist(), few.train.targets)
    accuracy = model.score(asked.inputs.tolist(), asked.targets)
    return Found(source.name, labels, seed, SVM, float(accuracy), None, 0, 0)


def table(found: Sequence[Found]) -> Iterator[str]:
    """A row for each number of labels, a column for each way."""
    ways = list(dict.fromkeys(one.mode for one in found))
    heads = ["labels a class", "seeds", *ways, "trainers", "bytes", "seconds"]
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for labels in sorted({one.labels for one in found}, key=lambda k: (k == 0, k)):
        rows = [one for one in found if one.labels == labels]
        by_way = {way: [one for one in rows if one.mode == way] for way in ways}
        cells = [mean([one.accuracy for one in by_way[way]]) for way in ways]
        known = {way: [x.trainer_accuracy for x in by_way[way] if x.trainer_accuracy is not None]
                 for way in ways}  # fmt: skip
        trainers = " / ".join(mean(values) for values in known.values() if values)
        size = f"{max(one.size_bytes for one in rows):,}"
        times = {way: [x.seconds for x in by_way[way] if x.seconds] for way in ways}
        seconds = " / ".join(f"{statistics.mean(some):.0f}" for some in times.values() if some)
        seeds = len({one.seed for one in rows if one.mode != SVM})
        first = [str(labels or "all"), str(seeds), *cells]
        yield f"| {' | '.join(first)} | {trainers} | {size} | {seconds} |"


def mean(values: Sequence[float]) -> str:
    """Mean in percent, with the standard deviation of several in brackets."""
    if not values:
        return "-"
    scaled = [100 * value for value in values]
    spread = f" ({statistics.stdev(scaled):.1f})" if len(scaled) > 1 else ""
    return f"{statistics.mean(scaled):.1f}{spread}"


def page(found: Sequence[Found], split: str) -> str:
    """The tables of all sets."""
    made = ", ".join(f"{count:,} of {name}" for name, count in MADE.items())
    lines = [
        "# Few labels and many inputs without one", "",
        f"    python scripts/label_figures.py DATA_FOLDER --encoder FOLDER --split {split}", "",
        "Accuracy of the file in %, mean over seeds and in brackets the standard deviation; K "
        "labels of each class of train stay, its other rows are inputs without one or, without a "
        f"log, are left out and {FEW_MADE:,} are made (`augment.transfer`); where all stay, inputs "
        f"are made of them: {made}. `trainers`: the accuracy of "
        "the trainers, in the order of the columns that have one; `bytes`: the largest file; "
        f"`seconds`: of training, in the order of the columns. Read on **{split}**.", "",
    ]  # fmt: skip
    for name in dict.fromkeys(one.data for one in found):
        rows = [one for one in found if one.data == name]
        lines += [f"## {name}", "", *table(rows), ""]
    return "\n".join(lines)


def draw(found: Sequence[Found], name: str, target: Path) -> None:
    """Accuracy against labels a class, a line for each way and one for the best trainer."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    rows = [one for one in found if one.data == name and one.labels]
    lines = {mode: (mode, "accuracy") for mode in dict.fromkeys(one.mode for one in rows)}
    taught = "trainer first" if name in IMAGES else "encoder first"
    lines[f"{taught}, the trainer itself"] = (taught, "trainer_accuracy")
    for title, (mode, field) in lines.items():
        by_labels: dict[int, list[float]] = {}
        for one in rows:
            if one.mode == mode:
                by_labels.setdefault(one.labels, []).append(100 * getattr(one, field))
        at = sorted(by_labels)
        means = [statistics.mean(by_labels[k]) for k in at]
        spread = [statistics.stdev(by_labels[k]) if len(by_labels[k]) > 1 else 0 for k in at]
        style = "--" if field == "trainer_accuracy" else "-"
        axes.errorbar(at, means, spread, label=title, marker="o", capsize=3, linestyle=style)
    axes.set_xscale("log")
    ticks = sorted({one.labels for one in rows})
    axes.set_xticks(ticks, labels=[str(k) for k in ticks], minor=False)
    axes.minorticks_off()
    axes.set(xlabel="labels a class", ylabel="accuracy, %", title=name)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(target, dpi=110)
    plt.close(figure)


def measure_all(found: Table[Found], args: argparse.Namespace) -> None:
    """What is asked for and not in the table."""
    for name in args.only or SETS:
        source = args.data / name
        for labels in args.labels or SETS[name]:
            for seed in args.seed or range(args.seeds):
                if name not in IMAGES:
                    make = partial(svm, source, labels, seed, args.split)
                    found.measured(make, name, labels, seed, SVM)
                for mode in modes_of(name, labels):
                    if mode in (args.modes or [mode]):
                        make = partial(measure, source, labels, seed, mode, args)
                        found.measured(make, name, labels, seed, mode)


def main() -> None:
    """Measure; write `labels_SPLIT.json` and `.md` into `--out`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--split", choices=("valid", "test"), default="valid")
    parser.add_argument("--only", choices=SETS, action="append")
    parser.add_argument("--labels", type=int, action="append", help="Instead of those of SETS.")
    parser.add_argument("--modes", choices=[*MODES, *FULL_MODES, *IMAGE_MODES], action="append")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seed", type=int, action="append", help="These alone.")
    parser.add_argument("--drawn", action="store_true", help="What is measured already alone.")
    parser.add_argument("--runs", type=Path, default=Path("runs/labels"))
    parser.add_argument("--out", type=Path, default=Path("results"))
    args = parser.parse_args()
    args.runs.mkdir(parents=True, exist_ok=True)
    key = ("data", "labels", "seed", "mode")
    table = Table(args.out / f"labels_{args.split}.json", Found, key)
    if not args.drawn:
        measure_all(table, args)
    found = table.rows
    write_text(args.out / f"labels_{args.split}.md", page(found, args.split))
    counts = Counter(name for name, labels in {(x.data, x.labels) for x in found} if labels)
    for name in (name for name, count in counts.items() if count > 1):  # others are no curve
        draw(found, name, args.out / f"labels_{name}_{args.split}.png")
    print(page(found, args.split))


if __name__ == "__main__":
    main()
