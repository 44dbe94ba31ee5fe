"""Running one of this folder's child programs, whether or not pnet_tf is installed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..errors import InputError
from .runtime import Runtime, check_threads

PROBE_SECONDS = 30.0
PROBE_RUNS = 4
PROBE_MEMORY_BYTES = 2**30
_EXCEPTION = re.compile(r"[\w.]*(Error|Exception|Exit)\b")
_PROBE = Path(__file__).with_name("probe.py")
# A program run by path would put its folder first in sys.path, where `inspect` and others hide the
# standard library's; so a bootstrap runs it, with the import path of this process.
_BOOTSTRAP = (
    "import sys; sys.path[:] = [p for p in sys.path if p]; import runpy; "
    "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
)


def probe(
    model: bytes,
    runtime: Runtime,
    *,
    threads: int = 1,
    xnnpack: bool = True,
    seconds: float = PROBE_SECONDS,
) -> int:
    """Run `model` on sample inputs in a child process; arena bytes as the child measured them.

    `InputError` when the child crashed, refused the model, or ran out of time or memory.
    """
    check_threads(threads)
    options = {
        "module": runtime.module.__name__,
        "threads": threads,
        "xnnpack": xnnpack,
        "runs": PROBE_RUNS,
        "memory_bytes": PROBE_MEMORY_BYTES,
    }
    output = _run_child(_PROBE, json.dumps(options), model, seconds)
    try:
        return int(json.loads(output.splitlines()[-1])["arena_bytes"])
    except (ValueError, IndexError, KeyError, TypeError):
        raise InputError("unusable model: its trial run gave no result") from None


def _run_child(program: Path, argument: str, data: bytes, seconds: float) -> str:
    if not sys.executable:
        raise InputError("cannot check an untrusted model: this program has no Python executable")
    paths = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, "-c", _BOOTSTRAP, str(program), argument]
    try:
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=seconds,
            check=False,
            env=os.environ | {"PYTHONPATH": paths},
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"unusable model: its trial run took more than {seconds:g} s") from None
    if done.returncode:
        raise InputError(f"unusable model: {_reason(done)}")
    return done.stdout.decode("utf-8", "replace")


def _reason(done: "subprocess.CompletedProcess[Any]") -> str:
    if done.returncode < 0:
        return f"the runtime crashed in a trial run (signal {-done.returncode})"
    return f"the trial run failed: {last_error(done.stderr.decode('utf-8', 'replace'))}"


def last_error(stderr: str) -> str:
    """One line of what a Python child said last: its exception with the whole message."""
    lines = [line.strip() for line in stderr.strip().splitlines() if line.strip()]
    starts = [number for number, line in enumerate(lines) if _EXCEPTION.match(line)]
    return " ".join(lines[starts[-1] if starts else -1 :])[:300] or "no message"
