"""Other programs, run with their failures as one error."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

_LAST_LINES = 40


class BuildError(Exception):
    """Something is missing, is not what it should be, or a check failed."""


def run(*command: object, folder: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Standard output of a program; BuildError with the last it said when it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, cwd=folder, env=env, check=False, encoding="utf-8", errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except FileNotFoundError:
        raise BuildError(f"{words[0]} is not installed; make android-packages says how") from None
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-_LAST_LINES:])
        raise BuildError(f"{words[0]} ended with {done.returncode}:\n{said}")
    return done.stdout
