"""`write_report`: a run, a model file or a sweep in, one HTML file out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import atomic_write_text, check_writable, is_folder
from ..page.bundle import source
from ..page.html import Block, write_html
from ..page.litert import read_litert
from ..page.make import licence, model_blocks, script
from ..page.packages import CHART, LITERT, read_package
from ..search.records import JSON as SWEEP_FILE
from .facts import Facts
from .models import Trust, of_file, of_run
from .sweeps import SweepFacts, of_sweep

_CHART_FILE = "dist/chart.umd.min.js"


@dataclass(frozen=True)
class WrittenReport:
    """A report that was written; `measured_examples` is 0 where no labelled ones were given."""

    file: str
    size_bytes: int
    about: str
    measured_examples: int


def write_report(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    tflite: str | os.PathLike[str] | None = None,
    data: str | None = None,
    split: str = "test",
    trust: Trust = False,
) -> WrittenReport:
    """Write the report of `path`, a run, a model file or a sweep's folder, to `out`.

    `tflite`: a file that was exported from the run; None exports it by the default. `data`: what to
    measure on, its `split`; None takes the validation examples that a run keeps. `trust` as for
    `evaluate_run`. Raises InputError for what cannot be read and options that do not fit.
    """
    target = check_writable(out)
    if target in {Path(os.path.realpath(given)) for given in (path, tflite) if given is not None}:
        raise InputError(f"{out} is the model itself; give the report another name")
    if is_folder(path) and (Path(path) / SWEEP_FILE).is_file():
        if tflite is not None or data is not None:
            raise InputError(f"{path} is a sweep: its report takes neither --tflite nor --data")
        return _written(target, str(out), "sweep", of_sweep(Path(path)), None)
    if is_folder(path):
        facts, content = of_run(path, tflite=tflite, data=data, split=split, trust=trust)
        return _written(target, str(out), "run", facts, content)
    if tflite is not None:
        raise InputError(f"--tflite goes with a run; {path} is no folder")
    facts, content = of_file(path, data=data, split=split)
    return _written(target, str(out), "file", facts, content)


def _written(
    target: Path, out: str, about: str, facts: Facts | SweepFacts, content: bytes | None
) -> WrittenReport:
    text = report_html(about, facts, content)
    atomic_write_text(target, text)
    measured = getattr(facts, "measured", None) or getattr(facts, "values", None)
    size = len(text.encode("utf-8", "replace"))
    return WrittenReport(out, size, about, measured.examples if measured else 0)


def report_html(about: str, facts: Facts | SweepFacts, content: bytes | None) -> str:
    """The page; without a model, that of a sweep, it holds no runtime either."""
    [chart] = read_package(CHART, (_CHART_FILE,))
    plain: dict[str, Any] = {"about": about, **asdict(facts)}
    blocks = [Block("facts", plain)]
    scripts = [_without_map(chart.decode())]
    held: Sequence[Any] = [CHART]
    if content is None:
        scripts.append(script(None, "sweeppage", "startSweep"))
    else:
        litert = read_litert()
        blocks += model_blocks(content, litert)
        scripts.append(script(litert, "report", "startReport"))
        held = [CHART, LITERT]
    style = source("page.css") + source("report.css")
    return write_html(
        facts.title, "The report is being drawn.", style, scripts, blocks, list(map(licence, held))
    )


def _without_map(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "sourceMappingURL" not in line) + "\n"
