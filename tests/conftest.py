"""What tests of files share, wherever they are: a place to put one, and the oldest runtime."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def save(tmp_path_factory):
    """`save(content) -> path` of a new .tflite file."""

    def run(content: bytes) -> Path:
        path = tmp_path_factory.mktemp("models") / "model.tflite"
        path.write_bytes(content)
        return path

    return run


@pytest.fixture(scope="session")
def oldest_python() -> Path:
    """Python of the venv with the oldest runtime, made by the script where it can be."""
    script = ROOT / "scripts" / "oldest_runtime.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no oldest runtime: {done.stderr.strip()}")
    return Path(done.stdout.strip())
