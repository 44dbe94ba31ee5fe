"""Child processes of a sweep: started with few threads, and all ended when the sweep ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import WorkError

PROGRAM = ("-m", "pnet_tf.search.child")
"""What Python runs; its arguments are the process id of the sweep and those of `pnet-tf`."""


class Stopped(Exception):
    """The sweep is ending: no further command is started."""


class Children:
    """Runs `pnet-tf` commands, each in a process with `threads` threads; may be called by many."""

    def __init__(self, threads: int) -> None:
        self._environment = _environment(threads)
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, arguments: Sequence[str]) -> None:
        """Run a command to its end; raises WorkError with the last line it said when it fails."""
        child = self._start(arguments)
        try:
            said = child.communicate()[1]
        finally:
            with self._lock:
                self._running.discard(child)
        if self._stopped:
            raise Stopped
        if child.returncode:
            raise WorkError(_reason(arguments[0], child.returncode, said))

    def stop(self) -> None:
        """Kill what runs and start nothing more."""
        with self._lock:
            self._stopped = True
            for child in self._running:
                _kill(child)

    def _start(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        command = [sys.executable, *PROGRAM, str(os.getpid()), *arguments]
        with self._lock:
            if self._stopped:
                raise Stopped
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=self._environment,
                start_new_session=True,  # ctrl-C is the sweep's to handle
            )
            self._running.add(child)
        return child


def _kill(child: subprocess.Popen[str]) -> None:
    """Kill a child and what it started."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


def _environment(threads: int) -> dict[str, str]:
    return {
        "TF_CPP_MIN_LOG_LEVEL": "2",
        **os.environ,
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": "1",
        "OMP_NUM_THREADS": str(threads),
    }


def _reason(command: str, code: int, said: str) -> str:
    if code < 0:
        return f"{command} was ended by signal {-code}"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1].removeprefix("Error: ") if lines else "it said nothing"
    return f"{command} ended with exit code {code}: {last}"


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM becomes KeyboardInterrupt within, so that it ends the children as ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
