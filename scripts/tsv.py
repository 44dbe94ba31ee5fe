"""The tables of the data sets as the scripts read them: label, tab, text."""

from __future__ import annotations

import gzip
from pathlib import Path


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Label and text of each line of a `.tsv.gz`."""
    lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
    return [(label, text) for label, text in (line.split("\t", 1) for line in lines)]
