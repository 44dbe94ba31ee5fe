"""Make a venv with the oldest promised runtime, tflite-runtime 2.14.0, and print its Python.

The wheels need Python 3.9 to 3.11 and NumPy below 2, so they get a venv of their own, in the folder
`PNET_TF_OLD_RUNTIME` or `~/.cache/pnet-tf/tflite-runtime-2.14.0`. Running the script again, or
several times at once, is safe. Standard library only. Exit code 1 and one sentence on failure.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("tflite-runtime==2.14.0", "numpy<2")
VERSIONS = ("3.11", "3.10", "3.9")
_CHECK = (
    "import sys, venv, ensurepip; "
    "raise SystemExit(0 if (3, 9) <= sys.version_info[:2] <= (3, 11) else 1)"
)


def cache_folder() -> Path:
    """The venv's folder; `pnet_tf.tflite.oldest_runtime` looks in the same place."""
    default = Path.home() / ".cache" / "pnet-tf" / "tflite-runtime-2.14.0"
    return Path(os.environ.get("PNET_TF_OLD_RUNTIME") or default)


def candidates() -> Iterator[str]:
    """Pythons to try: this one, those on PATH by version, those that pyenv has built."""
    yield sys.executable
    for version in VERSIONS:
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            path = Path(folder) / f"python{version}"
            if folder and path.exists():
                yield str(path)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for version in VERSIONS:
        yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}")))


def find_python() -> str:
    """The first candidate that is Python 3.9 to 3.11 and can make a venv."""
    for python in candidates():
        with contextlib.suppress(OSError):
            command = [python, "-I", "-c", _CHECK]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                return python
    raise SystemExit(
        "no Python 3.9, 3.10 or 3.11 found: tflite-runtime 2.14.0 has wheels for no other; "
        f"install one, or put such a venv with {' and '.join(PACKAGES)} in {cache_folder()}"
    )


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold an advisory lock on `path`; others wait for it."""
    try:
        import fcntl
    except ImportError:
        raise SystemExit("tflite-runtime 2.14.0 has no wheels for this system") from None
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def run(command: list[str]) -> None:
    """Run a step; on failure end with the last line that it wrote."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise SystemExit(f"{' '.join(command)} failed: {lines[-1] if lines else 'no message'}")


def works(python: Path) -> bool:
    """Whether that Python imports the runtime."""
    command = [str(python), "-I", "-c", "import tflite_runtime.interpreter"]
    with contextlib.suppress(OSError):
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    return False


def remove_broken(folder: Path) -> None:
    """Remove a venv that does not work; never a folder that is something else."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
        raise SystemExit(f"{folder} is not a venv; empty it or set PNET_TF_OLD_RUNTIME")
    shutil.rmtree(folder, ignore_errors=True)


def make(folder: Path, base: str) -> None:
    """Make the venv aside and rename it: who looks for it meanwhile finds none, not half of one."""
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        python = aside / "bin" / "python"  # runs from wherever its venv is moved to; pip does not
        run([base, "-m", "venv", str(aside)])
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, *PACKAGES])
        if not works(python):
            raise SystemExit(f"{python} does not import tflite_runtime")
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def main() -> Path:
    """Make the venv unless it is there and works; its Python's path."""
    folder = cache_folder()
    python = folder / "bin" / "python"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with lock(folder.with_name(f".{folder.name}.lock")):
        if not works(python):
            base = find_python()
            remove_broken(folder)
            make(folder, base)
    return python


if __name__ == "__main__":
    print(main())
