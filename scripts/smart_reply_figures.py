"""Replies from pairs: built, trained, exported and measured beside simpler methods, set by set.

    python scripts/smart_reply_figures.py DATA_FOLDER [--split valid] [--only NAME] [--seeds 3]

DATA_FOLDER holds the folders of pairs that SETS names; `sample` comes with the package. Each goes
through the four commands of the guide with their defaults and `--trigger-rate 0.4`. What lies under
`--runs` already is not made again. `--split test` is for the last look, after which nothing is
chosen. With fastText installed (extra `benchmark`) it is measured too.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from measured import pnet_tf, write_json, write_text

SETS = {
    "sample": "the shipped pairs, by a grammar",
    "dailydialog_pairs": "DailyDialog, everyday conversations (Li et al. 2017)",
    "taskmaster4_pairs": "Taskmaster-4, orders and bookings",
}
RATE = "0.4"
FIGURES: tuple[tuple[str, str, str], ...] = (
    ("messages answered, %", "trigger_rate", "%"),
    ("answered: intent first, %", "answered.precision_at_1", "%"),
    ("answered: intent in the first three, %", "answered.recall_at_3", "%"),
    ("answered: MRR of the intent", "answered.mrr", ".3f"),
    ("as if all: intent first, %", "every.precision_at_1", "%"),
    ("as if all: intent in the first three, %", "every.recall_at_3", "%"),
    ("true response first of 100, %", "responses.every.recall_at_1", "%"),
    ("in the first ten, %", "responses.every.recall_at_10", "%"),
    ("calibration error, best label", "calibration.label_ece", ".3f"),
    ("distinct within their message, %", "suggestions.distinct_share", "%"),
    ("banned by the word list", "suggestions.banned", ","),
)


def measure(name: str, source: str, runs: Path, split: str, seed: int) -> dict[str, Any]:
    """The JSON of `smart-reply evaluate` of one set and seed."""
    chat, run = runs / name, runs / f"{name}_{seed}"
    model, found = f"{run}.tflite", runs / f"{name}_{seed}.{split}.json"
    runs.mkdir(parents=True, exist_ok=True)
    if not chat.exists():
        pnet_tf("smart-reply", "build", source, "--out", str(chat))
    if not (run / "report.json").exists():
        again = ["--resume"] if run.exists() else ["--seed", str(seed)]
        pnet_tf("train", str(chat), "--out", str(run), *again)
    if not Path(model).exists():
        pnet_tf("export", str(run), "--tflite", model, "--trigger-rate", RATE)
    if not found.exists():
        pnet_tf("smart-reply", "evaluate", model, str(chat), "--split", split,
                "--json", str(found))  # fmt: skip
    return {"set": name, "seed": seed, **json.loads(found.read_text(encoding="utf-8"))}


def value(system: dict[str, Any], place: str) -> float | None:
    """The figure at a dotted place, None where there is none."""
    found: Any = system
    for key in place.split("."):
        found = None if found is None else found[key]
    return found


def cell(values: Sequence[float | None], form: str) -> str:
    """Mean over seeds, with the standard deviation where there are several."""
    known = [number for number in values if number is not None]
    if not known:
        return "-"
    scale, form = (100, ".1f") if form == "%" else (1, form)
    known = [scale * number for number in known]
    mean = f"{statistics.mean(known):{form}}" if form != "," else f"{sum(known):,.0f}"
    differ = len(set(known)) > 1 and form != ","
    return f"{mean} ({statistics.stdev(known):{form}})" if differ else mean


def table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A row a figure, a column a system."""
    systems = [[row["model"] for row in rows]]
    systems += [list(column) for column in zip(*(row["baselines"] for row in rows), strict=True)]
    names = " | ".join(column[0]["name"] for column in systems)
    yield f"| | {names} |"
    yield "|---" * (len(systems) + 1) + "|"
    for name, place, form in FIGURES:
        cells = (cell([value(system, place) for system in column], form) for column in systems)
        yield f"| {name} | {' | '.join(cells)} |"


def page(rows: Sequence[dict[str, Any]], split: str) -> str:
    """The tables of all sets."""
    lines = [
        "# Replies from pairs", "",
        f"    python scripts/smart_reply_figures.py DATA_FOLDER --split {split}", "",
        "`smart-reply build`, `train`, `export --trigger-rate 0.4` and `smart-reply evaluate` by "
        "defaults; what each figure is says `docs/reply-figures.md`. Baselines answer as many "
        "messages of valid as the file. Mean over seeds of training, in brackets the standard "
        f"deviation; `banned` is their sum. Read on **{split}**.", "",
    ]  # fmt: skip
    for name, title in SETS.items():
        found = [row for row in rows if row["set"] == name]
        if found:
            size = ", ".join(sorted({f"{row['size_bytes']:,}" for row in found}))
            lines += [
                f"## {title[0].upper()}{title[1:]}", "",
                f"{found[0]['messages']:,} messages, the true response of "
                f"{found[0]['with_intent']:,} has an intent; {len(found)} seeds; the file has "
                f"{size} bytes with its replies.", "", *table(found), "",
            ]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    """Measure; write `smart_reply_SPLIT.json` and `.md` into `--out`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", choices=("valid", "test"), default="valid")
    parser.add_argument("--only", choices=SETS, action="append")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--runs", type=Path, default=Path("runs/smart_reply"))
    parser.add_argument("--out", type=Path, default=Path("results"))
    args = parser.parse_args()
    rows = []
    for name in args.only or SETS:
        source = name if name == "sample" else str(args.data / name)
        for seed in range(args.seeds):
            rows.append(measure(name, source, args.runs, args.split, seed))
    write_json(args.out / f"smart_reply_{args.split}.json", rows)
    write_text(args.out / f"smart_reply_{args.split}.md", page(rows, args.split))
    print(page(rows, args.split))


if __name__ == "__main__":
    main()
