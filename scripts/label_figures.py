"""What few labels and many unlabelled messages come to: the student alone, taught, and its peers.

    python scripts/label_figures.py DATA_FOLDER --encoder FOLDER [--only clinc150] [--seeds 5]

Of each class of train K labels stay (`--labels-per-class K`), the other rows are messages without
one. Every file is measured on valid; `--split test` is for the last look. What lies under `--runs`
is not made again. `--encoder` names an ONNX export of a sentence encoder.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from measured import pnet_tf, write_json, write_text

import pnet_tf as library

SETS = {"clinc150": (5, 10, 30), "atis": (10,), "trec6": (10,)}
"""Data set -> labels a class."""
MODES = {
    "alone": "--trainer none",
    "taught by tfidf": "--trainer tfidf",
    "taught by the encoder": "--encoder {encoder}",
    "jointly": "--encoder {encoder} --jointly",
}
"""Name -> options of `train` beside `--labels-per-class`."""
SVM, TRAINER = "linear SVM", "its trainer: {}"


@dataclass(frozen=True)
class Found:
    """Accuracies 0..1 of one file and its trainer, its bytes and the seconds of training."""

    data: str
    labels: int
    seed: int
    mode: str
    accuracy: float
    trainer_accuracy: float | None
    size_bytes: int
    seconds: int


def measure(source: Path, labels: int, seed: int, mode: str, args: argparse.Namespace) -> Found:
    """One training, exported and evaluated."""
    name = "".join(c if c.isalnum() else "_" for c in mode)
    run = args.runs / f"{source.name}_{labels}_{name}_{seed}"
    model, split = f"{run}.tflite", args.split
    if not (run / "report.json").exists():
        options = MODES[mode].format(encoder=args.encoder).split()
        new = ["--labels-per-class", str(labels), "--seed", str(seed), *options]
        pnet_tf("train", str(source), "--out", str(run), *(["--resume"] if run.exists() else new))
    if not Path(model).exists():
        pnet_tf("export", str(run), "--tflite", model)
    for what, target in (("file", model), ("run", str(run))):
        if not run.with_name(f"{run.name}.{split}.{what}.json").exists():
            pnet_tf("evaluate", target, str(source), "--split", split, "--json",
                    str(run.with_name(f"{run.name}.{split}.{what}.json")))  # fmt: skip
    file, both = (
        json.loads(run.with_name(f"{run.name}.{split}.{what}.json").read_text(encoding="utf-8"))
        for what in ("file", "run")
    )
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    return Found(source.name, labels, seed, mode, file["accuracy"], both["trainer_accuracy"],
                 file["size_bytes"], round(report["seconds"]))  # fmt: skip


def svm(source: Path, labels: int, seed: int, split: str) -> Found:
    """A linear SVM on TF-IDF of words and letters, on the labels that are left."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    few, _ = library.hide_labels(library.load_dataset(str(source)), labels, seed=seed)
    measured = getattr(few, split)
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    letters = TfidfVectorizer(ngram_range=(2, 5), analyzer="char_wb", sublinear_tf=True)
    model = make_pipeline(make_union(words, letters), LinearSVC())
    model.fit(few.train.inputs.tolist(), few.train.targets)
    accuracy = model.score(measured.inputs.tolist(), measured.targets)
    return Found(source.name, labels, seed, SVM, float(accuracy), None, 0, 0)


def table(found: Sequence[Found]) -> Iterator[str]:
    """A row for each number of labels, a column for each way."""
    ways = list(dict.fromkeys(one.mode for one in found))
    yield "| labels a class | " + " | ".join(ways) + " | trainers | bytes | seconds |"
    yield "|---" * (len(ways) + 4) + "|"
    for labels in sorted({one.labels for one in found}):
        rows = [one for one in found if one.labels == labels]
        by_way = {way: [one for one in rows if one.mode == way] for way in ways}
        cells = [mean([one.accuracy for one in by_way[way]]) for way in ways]
        known = {way: [x.trainer_accuracy for x in by_way[way] if x.trainer_accuracy is not None]
                 for way in ways}  # fmt: skip
        trainers = " / ".join(mean(values) for values in known.values() if values)
        size = f"{max(one.size_bytes for one in rows):,}"
        seconds = " / ".join(f"{statistics.mean(x.seconds for x in by_way[way]):.0f}"
                             for way in ways if way != SVM and by_way[way])  # fmt: skip
        yield f"| {labels} | {' | '.join(cells)} | {trainers} | {size} | {seconds} |"


def mean(values: Sequence[float]) -> str:
    """Mean in percent, with the standard deviation of several in brackets."""
    if not values:
        return "-"
    scaled = [100 * value for value in values]
    spread = f" ({statistics.stdev(scaled):.1f})" if len(scaled) > 1 else ""
    return f"{statistics.mean(scaled):.1f}{spread}"


def page(found: Sequence[Found], split: str) -> str:
    """The tables of all sets."""
    lines = [
        "# Few labels and many messages", "",
        f"    python scripts/label_figures.py DATA_FOLDER --encoder FOLDER --split {split}", "",
        "Accuracy in %, mean over seeds and in brackets the standard deviation; K labels of each "
        "class of train stay, its other rows are messages without one. `trainers`: the accuracy "
        "of the trainers, in the order of the columns that have one; `bytes`: the largest file; "
        f"`seconds`: of training, in the order of the columns. Read on **{split}**.", "",
    ]  # fmt: skip
    for name in dict.fromkeys(one.data for one in found):
        lines += [f"## {name}", "", *table([one for one in found if one.data == name]), ""]
    return "\n".join(lines)


def main() -> None:
    """Measure; write `labels_SPLIT.json` and `.md` into `--out`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--split", choices=("valid", "test"), default="valid")
    parser.add_argument("--only", choices=SETS, action="append")
    parser.add_argument("--labels", type=int, action="append", help="Instead of those of SETS.")
    parser.add_argument("--modes", choices=MODES, action="append")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=Path, default=Path("runs/labels"))
    parser.add_argument("--out", type=Path, default=Path("results"))
    args = parser.parse_args()
    args.runs.mkdir(parents=True, exist_ok=True)
    found = []
    for name in args.only or SETS:
        for labels in args.labels or SETS[name]:
            for seed in range(args.seeds):
                found.append(svm(args.data / name, labels, seed, args.split))
                for mode in args.modes or MODES:
                    found.append(measure(args.data / name, labels, seed, mode, args))
    write_json(args.out / f"labels_{args.split}.json", [asdict(one) for one in found])
    write_text(args.out / f"labels_{args.split}.md", page(found, args.split))
    print(page(found, args.split))


if __name__ == "__main__":
    main()
