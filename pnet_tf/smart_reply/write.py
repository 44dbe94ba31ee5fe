"""A building as a folder: tables that train as they stand, replies, seeds, reports."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..data.replies import REPLIES_FILE, replies_text
from ..errors import InputError
from ..files import atomic_write_text, umask
from .build import Built, build
from .report import BuildReport, make_report, report_page
from .responses import RESPONSES_FILE, responses_text
from .rows import table_text
from .seeds import HEADER

SEEDS_FILE, REPORT_FILE, PAGE_FILE = "seeds.tsv", "report.json", "report.md"


def build_smart_reply(pairs: Any, out: str | os.PathLike[str], **options: Any) -> BuildReport:
    """`build` of `pairs`, with its `options`, written to the folder `out`, which is new or empty.

    The folder is DATA for `train`. It appears whole or not at all. Raises InputError, before the
    work, for a folder that holds something or cannot be made.
    """
    check_folder(out)
    return write_built(build(pairs, **options), out)


def write_built(built: Built, out: str | os.PathLike[str]) -> BuildReport:
    """Write train.tsv, valid.tsv, test.tsv, REPLIES_FILE, RESPONSES_FILE and the other files."""
    target = check_folder(out)
    report = make_report(built, str(out))
    contents = files(built, report)
    made = _beside(target)
    try:
        for name, content in contents.items():
            atomic_write_text(made / name, content)
        if target.is_dir():
            target.rmdir()  # empty; not every system renames onto a folder
        made.rename(target)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return report


def files(built: Built, report: BuildReport) -> dict[str, str]:
    """File name -> content."""
    seeds = [
        f"{built.inventory.responses[place].text}\t{intent}\n"
        for place, intent in sorted(built.intents.seeds.items())
    ]
    tables = {f"{split}.tsv": table_text(rows) for split, rows in built.tables.items() if rows}
    return {
        **tables,
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
