import subprocess
import sys
from pathlib import Path

import pytest

from tests.import_rules import FLOORS, RUNTIME_ONLY, broken_rules, imports, sources

ROOT = Path(__file__).resolve().parents[1]

TREE = {
    "pnet_tf/__init__.py": "from .version import __version__\n",
    "pnet_tf/_keras.py": "import tensorflow as tf\nimport tf_keras as keras\n",
    "pnet_tf/version.py": "__version__ = '0'\n",
    "pnet_tf/errors.py": "",
    "pnet_tf/model.py": "from .projections import x\n",
    "pnet_tf/cli/__init__.py": "import click\n",
    "pnet_tf/data/__init__.py": "import numpy as np\nfrom .text import encode_text\n",
    "pnet_tf/data/text.py": "from ..errors import InputError\n",
    "pnet_tf/projections/__init__.py": "from .._keras import keras\n",
    "pnet_tf/tflite/__init__.py": "",
    "pnet_tf/tflite/model.py": "from .metadata import read\nfrom ..data import encode_text\n",
    "pnet_tf/tflite/metadata.py": "from ..errors import InputError\n",
    "pnet_tf/training/joint.py": "from .objective import Term\nfrom ..model import x\n",
    "pnet_tf/training/objective.py": "from .._keras import tf\nfrom ..errors import InputError\n",
    "pnet_tf/runs/train.py": "from ..training.joint import JointFit\n",
    "export/__init__.py": "",
    "export/freeze.py": "from .._keras import tf\nfrom ..model import ProjectionNet\n",
}
"""A small tree that keeps the rules."""

DAMAGES = {
    "keras outside _keras": ("pnet_tf/training/joint.py", "import keras", "only _keras may"),
    "tf_keras in a function": (
        "pnet_tf/model.py", "def f():\n    import tf_keras", "only _keras may",
    ),
    "tf.keras": ("pnet_tf/model.py", "def f():\n    from tensorflow import keras", "only _keras"),
    "tensorflow at load": ("export/freeze.py", "import tensorflow.lite", "only _keras may"),
    "tensorflow in a try": (
        "export/freeze.py", "try:\n    import tensorflow\nexcept ImportError:\n    pass", "only",
    ),
    "data imports model": ("pnet_tf/data/text.py", "from ..model import x", "data is on floor"),
    "model imports runs": ("pnet_tf/model.py", "from .runs import train", "model is on floor"),
    "training imports runs": (
        "pnet_tf/training/joint.py", "from ..runs.train import x", "training is on floor",
    ),
    "absolute import": ("pnet_tf/model.py", "import pnet_tf.training.joint", "model is on floor"),
    "tflite imports export": (
        "pnet_tf/tflite/metadata.py", "from ..export.freeze import x", "tflite is on floor",
    ),
    "export imports training, its neighbour": (
        "export/freeze.py", "from ..training.joint import x", "export is on floor",
    ),
    "model imports export": ("pnet_tf/model.py", "from .export import freeze", "model is on floor"),
    "someone imports cli": (
        "pnet_tf/runs/train.py", "def f():\n    from ..cli import x", "runs is on floor",
    ),
    "the package loads a part": ("pnet_tf/__init__.py", "from .data import x", "nothing but"),
    "runtime-only through model": (
        "pnet_tf/cli/__init__.py", "from ..model import build_student", "does not have",
    ),
    "runtime-only with scikit-learn": ("pnet_tf/data/text.py", "import sklearn", "does not have"),
    "a part without a floor": ("pnet_tf/novelty.py", "", "novelty: unknown room"),
}  # fmt: skip


@pytest.fixture
def tree(tmp_path):
    for name, content in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


def test_the_sources_keep_the_rules():
    assert broken_rules(ROOT) == []


def test_the_walk_sees_the_sources():
    found = {(item.by, item.of) for item in imports(ROOT)}
    assert ("_keras", "tensorflow") in found
    assert ("training.objective", "_keras") in found
    assert ("tflite.model", "tflite.metadata") in found
    assert ("export.freeze", "model") in found
    modules = sources(ROOT)
    known = {*modules, *(name.removesuffix(".__init__") for name in modules)}
    unknown = [part for part in RUNTIME_ONLY if part not in known]
    assert unknown == []


def test_a_sound_tree_has_no_problem(tree):
    assert broken_rules(tree) == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_rule_can_fail(tree, damage):
    name, line, expected = DAMAGES[damage]
    path = tree / name
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}{line}\n", encoding="utf-8")
    assert any(expected in problem for problem in broken_rules(tree))


def test_imports_for_type_checkers_are_free(tree):
    path = tree / "pnet_tf/tflite/model.py"
    text = "from typing import TYPE_CHECKING\n"
    text += "if TYPE_CHECKING:\n    from ..training.joint import x\n"
    path.write_text(text, encoding="utf-8")
    assert broken_rules(tree) == []


def test_a_command_may_load_what_needs_tensorflow(tree):
    path = tree / "pnet_tf/cli/__init__.py"
    path.write_text("def f():\n    from ..model import x\n", encoding="utf-8")
    assert broken_rules(tree) == []


def test_the_floors_are_those_that_the_contributing_page_shows():
    shown = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for rooms in FLOORS[:-1]:
        for room in rooms:
            assert f"`{room}`" in shown or f" {room}" in shown, room


BLOCKED = """
import importlib, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"tensorflow", "tf_keras", "keras", "sklearn", "scipy"}:
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Blocked())
sys.path.insert(0, sys.argv[1])
import conftest
for name in sys.argv[2:]:
    importlib.import_module(name)
"""


def _run_blocked(*modules):
    names = [f"pnet_tf.{name}".removesuffix(".__init__") for name in modules]
    command = [sys.executable, "-c", BLOCKED, str(ROOT), *names]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_runtime_only_modules_load_without_tensorflow():
    done = _run_blocked(*RUNTIME_ONLY)
    assert done.returncode == 0, done.stderr


def test_training_modules_do_not():
    assert "tensorflow is blocked" in _run_blocked("training.objective").stderr


PUBLIC = """
import sys
sys.path.insert(0, sys.argv[1])
import conftest, pnet_tf
assert pnet_tf.__version__ and pnet_tf.load_dataset and pnet_tf.load_model and pnet_tf.InputError
from click.testing import CliRunner
from pnet_tf.cli import main
result = CliRunner().invoke(main, ["--help"])
assert result.exit_code == 0, result.output
heavy = {"tensorflow", "tf_keras", "keras", "sklearn", "scipy"} & set(sys.modules)
assert not heavy, heavy
"""


def test_package_and_help_load_no_tensorflow():
    command = [sys.executable, "-c", PUBLIC, str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_public_names_exist():
    import pnet_tf

    assert len(pnet_tf.__all__) == len(set(pnet_tf.__all__)) > 40
    for name in pnet_tf.__all__:
        assert getattr(pnet_tf, name) is not None
    assert set(pnet_tf.__all__) <= set(dir(pnet_tf))
    with pytest.raises(AttributeError, match="no attribute 'novelty'"):
        _ = pnet_tf.novelty
