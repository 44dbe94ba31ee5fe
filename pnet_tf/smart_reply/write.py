"""A building as a folder: tables that train as they stand, replies, seeds, reports."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..data.replies import REPLIES_FILE, replies_text
from ..errors import InputError
from ..files import atomic_write_text, not_written, umask
from .build import Built, building
from .report import BuildReport, Seen, make_report, report_page
from .responses import RESPONSES_FILE, responses_text
from .rows import Row, table_lines
from .seeds import HEADER

SEEDS_FILE, REPORT_FILE, PAGE_FILE = "seeds.tsv", "report.json", "report.md"


def build_smart_reply(pairs: Any, out: str | os.PathLike[str], **options: Any) -> BuildReport:
    """`build` of `pairs`, with its `options`, written to the folder `out`, which is new or empty.

    The folder is DATA for `train`. It appears whole or not at all. Raises InputError, before the
    work, for a folder that holds something or cannot be made.
    """
    check_folder(out)
    with building(pairs, **options) as built:
        return write_built(built, out)


def write_built(built: Built, out: str | os.PathLike[str]) -> BuildReport:
    """Write train.tsv, valid.tsv, test.tsv, REPLIES_FILE, RESPONSES_FILE and the other files.

    Rows are written as they come.
    """
    target = check_folder(out)
    made = _beside(target)
    try:
        seen = {split: _write_table(made / f"{split}.tsv", rows)
                for split, rows in built.tables.items()}  # fmt: skip
        report = make_report(built, str(out), seen)
        for name, content in files(built, report).items():
            atomic_write_text(made / name, content)
        if target.is_dir():
            target.rmdir()  # empty; not every system renames onto a folder
        made.rename(target)
    except OSError as error:
        raise not_written(out, error) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return report


def _write_table(path: Path, rows: Iterable[Row]) -> Seen:
    """Write a table of `rows`, none where there is no row."""
    seen = Seen()
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as stream:
        stream.writelines(table_lines(seen.over(rows)))
    if not seen.rows:
        path.unlink()
    return seen


def files(built: Built, report: BuildReport) -> dict[str, str]:
    """File name -> content of what is written beside the tables."""
    seeds = [
        f"{built.inventory.responses[place].text}\t{intent}\n"
        for place, intent in sorted(built.intents.seeds.items())
    ]
    return {
        REPLIES_FILE: replies_text(built.intents.replies, built.roles),
        RESPONSES_FILE: responses_text(built.responses),
        SEEDS_FILE: "\t".join(HEADER) + "\n" + "".join(seeds),
        REPORT_FILE: json.dumps(_placeless(report), indent=1, ensure_ascii=False) + "\n",
        PAGE_FILE: report_page(report),
    }


def check_folder(out: str | os.PathLike[str]) -> Path:
    """The folder that will be written; InputError unless it is empty, or new in one that exists."""
    try:
        target = Path(os.path.realpath(out))
        problem = _folder_problem(target)
        if not problem:
            _beside(target).rmdir()
    except (OSError, ValueError) as error:
        problem = f"cannot be written: {getattr(error, 'strerror', None) or error}"
    if problem:
        raise InputError(f"{out} {problem}")
    return target


def _folder_problem(target: Path) -> str:
    """What keeps `target` from being written, "" for nothing."""
    if target.is_dir():
        return "is not empty; give a new folder" if any(target.iterdir()) else ""
    if target.exists():
        return "is a file; give a new folder"
    return "" if target.parent.is_dir() else "lies in no folder; make that first"


def _beside(target: Path) -> Path:
    """A new folder beside `target` with the rights that a folder usually has."""
    made = Path(tempfile.mkdtemp(dir=target.parent, prefix=".pnet-tf."))
    made.chmod(0o777 & ~umask())
    return made


def _placeless(report: BuildReport) -> dict[str, Any]:
    """The report without where it lies: the same building has the same bytes anywhere."""
    return {key: value for key, value in asdict(report).items() if key not in ("folder", "source")}
