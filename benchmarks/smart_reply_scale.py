"""Time and peak memory of `smart-reply build` as the pairs grow, stage by stage.

    python benchmarks/smart_reply_scale.py FOLDER [--pairs 100000 300000 1000000] [--json FILE]
        [--page FILE]

Pairs are those of the tables in FOLDER, sampled and perturbed by `scripts/make_scale_pairs.py`,
one gzipped table. Each figure is that of a fresh process; seconds of a step are those on the clock,
the peak is of all memory of the process, with the libraries that it loads (`ru_maxrss`).
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from outputs import add_outputs, write_outputs

from pnet_tf.smart_reply.progress import Progress
from pnet_tf.smart_reply.write import build_smart_reply

PAIRS = (100_000, 300_000, 1_000_000)
SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "make_scale_pairs.py"


@dataclass(frozen=True)
class Step:
    """A step of a building: seconds, and the peak MiB of the process when it is done."""

    what: str
    seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Scale:
    """A building of so many pairs; `cpu_seconds` of all threads, `messages` of the graph."""

    pairs: int
    seconds: float
    cpu_seconds: float
    import_mib: float
    peak_mib: float
    responses: int
    messages: int
    steps: tuple[Step, ...]


class Clock:
    """A watch that notes when each step begins."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.messages = 0
        self._what, self._began = "", time.monotonic()

    def __call__(self, at: Progress) -> None:
        """Note the step."""
        if at.what == "comparing messages":
            self.messages = max(self.messages, at.done)
        if at.what != self._what:
            self.end()
            self._what = at.what

    def end(self) -> None:
        """End the step that goes on."""
        now = time.monotonic()
        if self._what:
            self.steps.append(Step(self._what, round(now - self._began, 2), peak_mib()))
        self._began = now


def peak_mib() -> float:
    """Of this process so far."""
    unit = 1 if platform.system() == "Darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)


def measure(pairs: int, table: str) -> Scale:
    """One building, in this process."""
    loaded, clock, began, cpu = peak_mib(), Clock(), time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        report = build_smart_reply(table, Path(folder) / "chat", watch=clock)
    clock.end()
    return Scale(
        pairs, round(time.monotonic() - began, 1), round(time.process_time() - cpu, 1), loaded,
        peak_mib(), report.responses, clock.messages, tuple(clock.steps),
    )  # fmt: skip


def apart(pairs: int, folder: Path) -> Scale:
    """`measure` in a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        table = str(Path(place) / "pairs.tsv.gz")
        made = [sys.executable, str(SCRIPT), str(folder), "--pairs", str(pairs), "--out", table]
        subprocess.run(made, check=True, capture_output=True)
        command = [sys.executable, __file__, str(folder), "--one", str(pairs), table]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return Scale(**{**found, "steps": tuple(Step(**step) for step in found["steps"])})


def page(rows: list[Scale]) -> str:
    """A table of the buildings, and one of their steps."""
    lines = [
        "# Time and memory of building replies", "",
        "    python benchmarks/smart_reply_scale.py dailydialog_pairs --json "
        "results/smart_reply_scale.json --page results/smart_reply_scale.md", "",
        "Pairs of DailyDialog, sampled and perturbed, in one gzipped table; 2 slow cores, shared "
        "with much other work: the seconds on the clock are two to three times those of the "
        "processor. The peak is of the whole process: its libraries (TensorFlow comes with the "
        "comparing of messages), the caches of the counter, at most some 150 MiB, and the graph.",
        "",
        "| pairs | s | processor, s | peak MiB | responses kept | messages in the graph |",
        "|---|---|---|---|---|---|",
        *(f"| {row.pairs:,} | {row.seconds:.0f} | {row.cpu_seconds:.0f} | {row.peak_mib:.0f} | "
          f"{row.responses:,} | {row.messages:,} |" for row in rows),
        "", "Seconds of each step, and the peak MiB so far when it is done:", "",
        "| step |" + "".join(f" {row.pairs:,}, s | MiB |" for row in rows),
        "|---|" + "---|---|" * len(rows),
    ]  # fmt: skip
    for place, step in enumerate(rows[0].steps):
        cells = (f" {row.steps[place].seconds:.1f} | {row.steps[place].peak_mib:.0f} |"
                 for row in rows)  # fmt: skip
        lines.append(f"| {step.what} |" + "".join(cells))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, nargs="+", default=PAIRS)
    add_outputs(parser)
    parser.add_argument("--one", nargs=2, metavar=("PAIRS", "TABLE"))
    args = parser.parse_args()
    if args.one:
        print(json.dumps(asdict(measure(int(args.one[0]), args.one[1]))))
        return
    rows = [apart(pairs, args.folder) for pairs in args.pairs]
    write_outputs(args, rows, page(rows))


if __name__ == "__main__":
    main()
