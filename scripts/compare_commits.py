"""Does this checkout still train and export what another commit did?

    python scripts/compare_commits.py record FOLDER           # in a checkout of that commit
    python scripts/compare_commits.py check FOLDER            # in this one

`record` trains every recipe for one epoch on a built-in set (seed 0), exports it and keeps run,
file and the scores of some inputs in FOLDER. `check` does the same again and says of each recipe
whether the weights, the bytes of the file and the scores are equal; whether the recorded run still
exports to the same bytes, and whether the recorded file still gives the same scores. On one
machine all of it is equal unless something that trains, converts or runs has changed. `--pnet-tf`
names the command of an installation, so that one copy of this script serves both checkouts.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

RECIPES = {
    "text": "smart-reply",
    "text-small": "smart-reply",
    "text-large": "smart-reply",
    "text-robust": "smart-reply",
    "image": "digits",
    "image-tiny": "digits",
    "image-small": "digits",
    "image-mirror": "digits",
    "image-photo": "digits",
    "bits": "digits",
}
MESSAGES = ("where r u??", "happy bday!! 🎂", "", "can u pick up milk on ur way home, plz?")


def pnet_tf(program: list[str], *arguments: str) -> str:
    """Standard output of one command; a failure ends the script."""
    done = subprocess.run([*program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{shlex.join(arguments)}\n{done.stderr}")
    return done.stdout


def make(program: list[str], recipe: str, folder: Path) -> None:
    """Train and export `recipe` into `folder`."""
    data, run, model = RECIPES[recipe], folder / "run", folder / "model.tflite"
    options = ("--recipe", recipe, "--epochs", "1", "--seed", "0")
    pnet_tf(program, "train", data, "--out", str(run), *options)
    pnet_tf(program, "export", str(run), "--tflite", str(model))
    (folder / "scores.json").write_text(json.dumps(scores(program, model, folder)))


def scores(program: list[str], model: Path, folder: Path) -> list[dict[str, float]]:
    """Every label's score for a few inputs."""
    inputs = list(MESSAGES)
    if RECIPES[folder.name] == "digits":
        inputs = [str(path) for path in pictures(folder)]
    found = json.loads(pnet_tf(program, "predict", str(model), *inputs, "-k", "99", "--json", "-"))
    return [{p["label"]: p["score"] for p in answer["predictions"]} for answer in found]


def pictures(folder: Path) -> list[Path]:
    """Four random 8x8 images."""
    from PIL import Image

    rng, paths = np.random.default_rng(0), []
    for index in range(4):
        paths.append(folder / f"{index}.png")
        Image.fromarray(rng.integers(0, 256, (8, 8), np.uint8)).save(paths[-1])
    return paths


def check(program: list[str], recipe: str, before: Path, after: Path) -> dict[str, Any]:
    """What is equal between the recorded and the new folder of a recipe."""
    make(program, recipe, after)
    again = after / "recorded.tflite"
    pnet_tf(program, "export", str(before / "run"), "--tflite", str(again))
    recorded = json.loads((before / "scores.json").read_text())
    return {
        "weights": _same_arrays(before / "run" / "student.npz", after / "run" / "student.npz"),
        "bytes": (before / "model.tflite").read_bytes() == (after / "model.tflite").read_bytes(),
        "scores": _difference(recorded, json.loads((after / "scores.json").read_text())),
        "recorded run, bytes": again.read_bytes() == (before / "model.tflite").read_bytes(),
        "recorded file, scores": _difference(
            recorded, scores(program, before / "model.tflite", before)
        ),
    }


def _same_arrays(one: Path, two: Path) -> bool:
    with np.load(one) as a, np.load(two) as b:
        names = sorted(set(a.files) | set(b.files))
        return all(n in a and n in b and np.array_equal(a[n], b[n]) for n in names if n[0] == "a")


def _difference(one: list[dict[str, float]], two: list[dict[str, float]]) -> float:
    """The largest difference of a score; infinite where the labels differ."""
    pairs = list(zip(one, two, strict=True))
    if any(set(a) != set(b) for a, b in pairs):
        return float("inf")
    return max(abs(a[label] - b[label]) for a, b in pairs for label in a)


def main() -> None:
    """Record or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("record", "check"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pnet-tf", default=f"{sys.executable} -m pnet_tf")
    parser.add_argument("--only", nargs="+", choices=RECIPES, default=tuple(RECIPES))
    args = parser.parse_args()
    program = shlex.split(args.pnet_tf)
    for recipe in args.only:
        folder = args.folder / args.what / recipe
        folder.mkdir(parents=True, exist_ok=True)
        if args.what == "record":
            make(program, recipe, folder)
            print(recipe)
        else:
            print(recipe, check(program, recipe, args.folder / "record" / recipe, folder))


if __name__ == "__main__":
    main()
