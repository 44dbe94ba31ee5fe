"""Make tests/recorded anew: small runs and files as an earlier commit made them.

    python scripts/record_fixture.py [--commit COMMIT] [--out tests/recorded]

Run directories and model files outlive the version that wrote them. The tests load what is recorded
here and compare its scores with those that the commit itself gave. Needs git with that commit, and
the Python of the test venv. Weights differ a little from machine to machine, which the test minds
not.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMIT = "9cf9e1a"
"""The last one that wrote schema 1 of config.json."""
SETTINGS = {
    "projection": {"functions": 8, "bits": 8, "tokens": 8},
    "head": {"embedding": 8, "channels": 16, "rank": 8},
    "trainer": {"name": "ff", "buckets": 64, "embedding": 4},
    "qat": "none",
}
MESSAGES = ("where r u??", "happy bday!! 🎂", "", "thx so much")
LABELS = ("birthday", "thanks", "where_are_you")
KEPT = ("config.json", "labels.json", "report.json", "history.csv", "student.npz", "trainer.npz",
        "samples.npz")  # fmt: skip


def messages(target: Path) -> None:
    """A table of some labels of the built-in sample."""
    source = ROOT / "pnet_tf" / "data" / "samples" / "smart_reply" / "train.tsv"
    rows = [line.split("\t") for line in source.read_text(encoding="utf-8").splitlines()]
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("label", "text"))
        writer.writerows((row[0], row[1]) for row in rows if row[0] in LABELS)


def record(tree: Path, out: Path) -> None:
    """Train, export and ask with the package in `tree`."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        messages(work / "said.csv")
        (work / "c.json").write_text(json.dumps(SETTINGS))
        for name, data, options in (
            ("text", "said.csv", ("--config", "c.json", "--epochs", "8", "--seed", "3")),
            ("image", "digits", ("--recipe", "image-tiny", "--epochs", "2", "--seed", "3")),
        ):
            pnet_tf(tree, work, "train", data, "--out", f"{name}_run", *options)
            pnet_tf(tree, work, "export", f"{name}_run", "--tflite", f"{name}.tflite")
            for kept in KEPT:
                if (work / f"{name}_run" / kept).exists():
                    (out / f"{name}_run").mkdir(parents=True, exist_ok=True)
                    shutil.copy(work / f"{name}_run" / kept, out / f"{name}_run" / kept)
            shutil.copy(work / f"{name}.tflite", out / f"{name}.tflite")
            evaluated = pnet_tf(tree, work, "evaluate", f"{name}_run", data, "--split",
                                "train", "--json", "-")  # fmt: skip
            (out / f"{name}_run.json").write_text(evaluated)
        shutil.copy(work / "said.csv", out / "said.csv")
        said = pnet_tf(tree, work, "predict", "text.tflite", *MESSAGES, "-k", "9", "--json", "-")
        (out / "text.json").write_text(said)
        evaluated = pnet_tf(tree, work, "evaluate", "image.tflite", "digits", "--json", "-")
        (out / "image.json").write_text(evaluated)


def pnet_tf(tree: Path, folder: Path, *arguments: str) -> str:
    """Standard output of a command of the package in `tree`."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-m", "pnet_tf.cli", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def main() -> None:
    """Check the commit out beside, and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commit", default=COMMIT)
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "recorded")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(tree)], check=True)
        subprocess.run(["git", "-C", str(tree), "checkout", "-q", args.commit], check=True)
        link = tree / "pnet_tf" / "export"
        if not link.exists():  # earlier commits saw it once installed only
            link.symlink_to("../export")
        shutil.rmtree(args.out, ignore_errors=True)
        args.out.mkdir(parents=True)
        record(tree, args.out)


if __name__ == "__main__":
    main()
