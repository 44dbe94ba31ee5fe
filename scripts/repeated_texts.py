"""How far texts alone determine their labels: what the repeated texts of a data set say.

    python scripts/repeated_texts.py DATA

For the valid and the test split: the share of messages whose text, but for case and punctuation,
occurs in train; how many of those bear the label that is the commonest for that text in train; and
the ceiling, what a model would reach that knew the commonest label of every text of the split.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter, defaultdict
from pathlib import Path

from tsv import read_pairs

Table = list[tuple[str, str]]


def read_table(path: Path) -> Table:
    """Label and text of each line, the text in lower case and without punctuation."""
    return [(label, " ".join(re.findall(r"\w+", text.lower()))) for label, text in read_pairs(path)]


def label_counts(table: Table) -> dict[str, Counter[str]]:
    """How often each text bears each label."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for label, text in table:
        counts[text][label] += 1
    return counts


def main() -> None:
    """Print a line a split."""
    parser = argparse.ArgumentParser(description="What repeated texts say of their labels.")
    parser.add_argument("data", type=Path)
    folder = parser.parse_args().data
    known = label_counts(read_table(folder / "train.tsv.gz"))
    for split in ("valid", "test"):
        table = read_table(folder / f"{split}.tsv.gz")
        seen = [(label, text) for label, text in table if text in known]
        right = sum(known[text].most_common(1)[0][0] == label for label, text in seen)
        best = sum(counts.most_common(1)[0][1] for counts in label_counts(table).values())
        print(
            f"{split}: {len(seen) / len(table):.1%} of {len(table)} texts occur in train, "
            f"{right / max(1, len(seen)):.1%} of them under their commonest label; "
            f"ceiling {best / len(table):.1%}"
        )


if __name__ == "__main__":
    main()
