"""Let pytest find `pnet_tf.export` in an uninstalled checkout, and the real data where it lies."""

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

import pnet_tf  # noqa: E402

if "pnet_tf.export" not in sys.modules:
    _export = str(ROOT / "export")
    if not (ROOT / "pnet_tf" / "export").exists():
        import importlib.util

        _spec = importlib.util.spec_from_file_location(
            "pnet_tf.export", f"{_export}/__init__.py", submodule_search_locations=[_export]
        )
        sys.modules["pnet_tf.export"] = pnet_tf.export = importlib.util.module_from_spec(_spec)
        _spec.loader.exec_module(pnet_tf.export)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets: `PNET_TF_DATA`, or `shared/data` beside the checkout."""
    folder = Path(os.environ.get("PNET_TF_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data not found at {folder}; set PNET_TF_DATA to the folder that has it")
    return folder
