"""What a benchmark measured, printed as a page and written where its options say."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """The options `--json` and `--page`."""
    parser.add_argument("--json", type=Path, help="write the rows there")
    parser.add_argument("--page", type=Path, help="write the page there")


def write_outputs(args: argparse.Namespace, rows: Sequence[Any], page: str) -> None:
    """Rows, dataclasses, as JSON and `page` as it is, each where it is asked for; prints `page`."""
    rows_text = json.dumps([asdict(row) for row in rows], indent=1) + "\n"
    for path, text in ((args.json, rows_text), (args.page, page)):
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    print(page)
