"""The default text recipe on data that no setting was chosen on.

    python scripts/untuned.py --data FOLDER

Question types, sentiment and spam; the student alone. `benchmarks/text_peers.py FOLDER/NAME
RUNS/NAME/text__alone_0.tflite` puts its files beside fastText and a linear SVM.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path

from measured import Figures, measure, write_json, write_text
from reproduction import alone_rows, figures_table

DATA = ("trec6", "sst2", "sms_spam")


def main() -> None:
    """Measure what is not there yet; write `untuned.json` and `untuned.md` into `--out`."""
    parser = argparse.ArgumentParser(description="The default text recipe on untouched data.")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the data sets")
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    (row,) = alone_rows("text")
    rows = []
    for name in DATA:
        for seed in range(args.seeds):
            found: Figures = measure(
                row.name, args.data / name, args.runs / name, seed=seed, options=row.options
            )
            rows.append(asdict(replace(found, name=name)))
    args.out.mkdir(parents=True, exist_ok=True)
    write_json(args.out / "untuned.json", rows)
    lines = ["# Data that no setting was chosen on", "",
             "    python scripts/untuned.py --data FOLDER", "", *figures_table(rows)]  # fmt: skip
    text = "\n".join(lines) + "\n"
    write_text(args.out / "untuned.md", text)
    print(text)


if __name__ == "__main__":
    main()
