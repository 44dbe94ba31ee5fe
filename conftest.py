"""Let pytest find the package in an uninstalled checkout, and the real data where they lie."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets: `PNET_TF_DATA`, or `shared/data` beside the checkout."""
    folder = Path(os.environ.get("PNET_TF_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data not found at {folder}; set PNET_TF_DATA to the folder that has it")
    return folder
