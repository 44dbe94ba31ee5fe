"""A building as a folder: tables that train as they stand, replies, seeds, reports."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from ..data.replies import REPLIES_FILE, replies_text
from ..errors import InputError
from ..files import atomic_write_text
from .build import Built, building
from .engine import Work
from .forms import load_plain, save_plain
from .report import BuildReport, Seen, make_report, report_page
from .responses import RESPONSES_FILE, responses_text
from .rows import Row, table_lines
from .seeds import HEADER
from .stages import OUT, Stages, remove_finished

SEEDS_FILE, REPORT_FILE, PAGE_FILE = "seeds.tsv", "report.json", "report.md"
MESSAGES_FILE = "unlabelled.tsv"


def build_smart_reply(pairs: Any, out: str | os.PathLike[str], **options: Any) -> BuildReport:
    """`build` of `pairs`, with its `options`, written to the folder `out`, which is new or empty.

    The folder is DATA for `train`. It appears whole or not at all. Meanwhile finished stages lie
    beside it, in `out`.building: the same call goes on from there after a stop, with the same
    bytes. Raises InputError, before the work, for a folder that holds something or cannot be made,
    and where another process is building it.
    """
    target = check_folder(out)
    with building(pairs, **options, work_folder=work_folder(target)) as built:
        return _write(built, cast("Stages", built.stages), out, target)


def work_folder(target: Path) -> Path:
    """Where the stages of a building lie."""
    return target.with_name(f"{target.name}.building")


def _write(
    built: Built, stages: Stages, out: str | os.PathLike[str], target: Path
) -> BuildReport:
    """Write train.tsv, valid.tsv, test.tsv, MESSAGES_FILE, REPLIES_FILE and the other files.

    Each table is a stage; rows are written as they come.
    """
    tables, seen = {}, {}
    for split, rows in built.tables.items():
        tables[split] = stages.folder(split, partial(_write_table, built.source, split, rows))
        seen[split] = load_plain(tables[split], Seen)
    place = stages.folder("unlabelled", partial(_write_messages, built.unlabelled))
    messages = load_plain(place, int)
    report = make_report(built, str(out), seen, messages)

    def write(made: Path) -> None:
        for split, table in tables.items():
            if seen[split].rows:
                _link(table / f"{split}.tsv", made / f"{split}.tsv")
        if messages:
            _link(place / MESSAGES_FILE, made / MESSAGES_FILE)
        for name, content in files(built, report).items():
            atomic_write_text(made / name, content)

    stages.folder(OUT, write)
    stages.finish(target)
    return report


def _write_table(source: Work, split: str, rows: Iterable[Row], place: Path) -> None:
    """Write the table of a split, and `Seen`."""
    seen = Seen()
    with (place / f"{split}.tsv").open(
        "w", encoding="utf-8", errors="replace", newline="\n"
    ) as stream:
        stream.writelines(table_lines(seen.over(rows)))
    read = source.skipped.get(split)
    save_plain(replace(seen, skipped=None if read is None else read.skipped), place)


def _write_messages(messages: Iterable[str], place: Path) -> None:
    """Write a table of one column, and how many rows it has."""
    number = 0
    with (place / MESSAGES_FILE).open(
        "w", encoding="utf-8", errors="replace", newline="\n"
    ) as stream:
        stream.write("text\n")
        for number, message in enumerate(messages, 1):  # noqa: B007
            stream.write(f"{message}\n")
    save_plain(number, place)


def _link(path: Path, to: Path) -> None:
    """The file `path` under a second name, or a copy where the system has no such names."""
    try:
        to.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, to)


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
        if problem:
            remove_finished(work_folder(target))
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


def _placeless(report: BuildReport) -> dict[str, Any]:
    """The report without where it lies: the same building has the same bytes anywhere."""
    return {key: value for key, value in asdict(report).items() if key not in ("folder", "source")}
