"""Running a model on the oldest promised runtime, tflite-runtime 2.14.0, in its own venv.

`scripts/oldest_runtime.py` makes that venv.
"""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError, WorkError
from .compatibility import OLDEST_RUNTIME
from .isolation import last_error

_RUNNER = Path(__file__).with_name("oldest_runner.py")


@dataclass(frozen=True)
class OldestRun:
    """Outputs by name, each `[N, ...]`, and the median time of one invocation (None: not asked)."""

    outputs: dict[str, np.ndarray]
    invoke_ms: float | None


def oldest_python() -> Path | None:
    """The Python of the venv in `PNET_TF_OLD_RUNTIME` or the user's cache, or None."""
    default = Path.home() / ".cache" / "pnet-tf" / OLDEST_RUNTIME.replace(" ", "-")
    python = Path(os.environ.get("PNET_TF_OLD_RUNTIME") or default) / "bin" / "python"
    return python if python.exists() else None


def run_on_oldest(
    model_path: str | os.PathLike[str], inputs: np.ndarray, python: Path
) -> np.ndarray:
    """Scores `[N, ...]` (or `values`) of the batch `inputs`, computed by the oldest runtime."""
    outputs = run_oldest(model_path, inputs, python).outputs
    return outputs["scores"] if "scores" in outputs else outputs["values"]


def run_oldest(
    model_path: str | os.PathLike[str],
    inputs: np.ndarray,
    python: Path,
    *,
    xnnpack: bool = True,
    timed_runs: int = 0,
    seconds: float = 600.0,
) -> OldestRun:
    """All outputs of the batch `inputs` `[N, ...]`, and the invocation's time when asked.

    `InputError` for a missing file, an empty batch or a venv that is not there; `WorkError` when
    the oldest runtime refuses the model, crashes or takes longer than `seconds`.
    """
    for path, what in ((Path(model_path), "model"), (Path(python), "Python")):
        if not path.exists():
            raise InputError(f"{path}: no such {what}")
    if not len(inputs):
        raise InputError("no inputs to run; at least 1 is needed")
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "inputs.npz", Path(folder) / "outputs.npz"
        np.savez(asked, inputs=inputs)
        options = [str(timed_runs), str(int(xnnpack))]
        files = [str(model_path), str(asked), str(answered)]
        _run([str(python), "-I", str(_RUNNER), *files, *options], seconds)
        with np.load(answered, allow_pickle=False) as stored:
            outputs = {name: stored[name] for name in stored.files}
    times = outputs.pop("us")
    return OldestRun(outputs, float(np.median(times)) / 1000 if len(times) else None)


def _run(command: list[str], seconds: float) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise WorkError(f"{OLDEST_RUNTIME} took more than {seconds:g} s") from None
    except OSError as error:
        raise InputError(f"{command[0]}: cannot be run: {error.strerror}") from None
    if done.returncode:
        raise WorkError(f"{OLDEST_RUNTIME} failed ({done.returncode}): {last_error(done.stderr)}")
