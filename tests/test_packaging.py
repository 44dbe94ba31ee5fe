import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from pnet_tf.version import __version__

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("pnet_tf", "export", "setup.py", "pyproject.toml", "LICENSE", "README.md")
HEAVY = ("tensorflow", "tf-keras", "tf_keras", "ai-edge-quantizer", "scikit-learn", "scipy")


def run(*command, **options):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL, **options,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """A source archive, and the wheel built from it, of a copy of the tree."""
    tree = tmp_path_factory.mktemp("tree")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, tree / name, ignore=ignored, symlinks=True)
        elif source.exists():
            shutil.copy(source, tree / name)
    quick = ("--no-isolation", "--skip-dependency-check")
    run(sys.executable, "-m", "build", *quick, "--outdir", tree / "dist", tree)
    return tree / "dist"


@pytest.fixture(scope="module")
def wheel(dist):
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def metadata(wheel, names):
    (name,) = [name for name in names if name.endswith(".dist-info/METADATA")]
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name).decode("utf-8").splitlines()


def expected_names(root):
    """Every file of both source folders, by its name in the wheel."""
    found = set()
    for folder, prefix in (("pnet_tf", "pnet_tf"), ("export", "pnet_tf/export")):
        for path in (root / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                found.add(f"{prefix}/{path.relative_to(root / folder).as_posix()}")
    return found


def test_the_package_sees_export_through_a_link():
    link = ROOT / "pnet_tf" / "export"
    assert link.is_symlink() and link.readlink() == Path("../export")
    assert link.resolve() == (ROOT / "export").resolve()


def packed(names):
    return {name for name in names if ".dist-info/" not in name and not name.endswith("/")}


def test_wheel_holds_every_source_file_and_no_other(names):
    assert packed(names) == expected_names(ROOT)
    assert "pnet_tf/export/pipeline.py" in names and "pnet_tf/tflite/model.py" in names
    assert "pnet_tf/data/samples/smart_reply/replies.tsv" in names


def test_a_file_that_is_not_packed_is_seen(names, tmp_path):
    shutil.copytree(ROOT / "export", tmp_path / "export")
    shutil.copytree(ROOT / "pnet_tf", tmp_path / "pnet_tf", symlinks=True)
    (tmp_path / "export" / "table.bin").touch()
    assert expected_names(tmp_path) - packed(names) == {"pnet_tf/export/table.bin"}


def test_wheel_states_version_licence_and_python(metadata):
    assert f"Version: {__version__}" in metadata
    assert "Requires-Python: >=3.10" in metadata
    assert any(line.startswith("License") and "Apache-2.0" in line for line in metadata)


def test_base_install_asks_for_no_tensorflow(metadata):
    required = [line for line in metadata if line.startswith("Requires-Dist: ")]
    base = [line.removeprefix("Requires-Dist: ") for line in required if "extra ==" not in line]
    assert any(line.startswith("ai-edge-litert") for line in base)
    assert [line for line in base if line.startswith(HEAVY)] == []
    assert any("tensorflow" in line and 'extra == "train"' in line.replace("'", '"')
               for line in required)  # fmt: skip
    assert "Provides-Extra: runtime" in metadata


def test_source_archive_holds_licence_and_samples(dist):
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "setup.py", "pnet_tf/data/samples/smart_reply/train.tsv"} <= inside
    assert "pnet_tf/export/pipeline.py" in inside


def test_installed_wheel_runs_from_another_folder(wheel, tmp_path):
    target, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    pip = (sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index")
    run(*pip, "--target", target, wheel)
    options = {"cwd": elsewhere, "env": {**os.environ, "PYTHONPATH": str(target)}}
    code = "import pnet_tf, pnet_tf.export as e; print(e.__file__, pnet_tf.__version__)"
    where, version = run(sys.executable, "-c", code, **options).split()
    assert Path(where).is_relative_to(target)
    assert version == __version__
    script = target / "bin" / "pnet-tf"
    assert "Usage:" in run(sys.executable, script, "--help", **options)
    assert __version__ in run(sys.executable, script, "--version", **options)
    assert "Usage: pnet-tf" in run(sys.executable, "-m", "pnet_tf", "--help", **options)
    labels = "import pnet_tf; print(len(pnet_tf.load_dataset('smart-reply').labels))"
    assert int(run(sys.executable, "-c", labels, **options)) >= 40


def test_editable_install_sees_export(tmp_path):
    tree, target = tmp_path / "tree", tmp_path / "site"
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, tree / name, ignore=ignored, symlinks=True)
        else:
            shutil.copy(source, tree / name)
    quick = ("--no-deps", "--no-index", "--no-build-isolation")
    run(sys.executable, "-m", "pip", "install", "-q", *quick, "--target", target, "-e", tree)
    code = (
        "import site, sys; site.addsitedir(sys.argv[1]); import pnet_tf.export as e; "
        "print(e.__file__)"
    )
    venv.create(tmp_path / "venv")  # this one has a pnet_tf of its own
    python = tmp_path / "venv" / "bin" / "python"
    where = run(python, "-I", "-c", code, target, cwd=tmp_path).strip()
    assert Path(where).is_relative_to(tree)


@pytest.mark.slow
def test_runtime_install_from_nothing(wheel, tmp_path):
    """Needs the network: a venv with the wheel and its base dependencies only."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", f"{wheel}[runtime]")
    installed = run(python, "-m", "pip", "list", "--format", "freeze").lower()
    assert [name for name in HEAVY if f"{name}==" in installed] == []
    code = "from pnet_tf.tflite.runtime import find_runtime; print(find_runtime().name)"
    assert "ai-edge-litert" in run(python, "-c", code, cwd=tmp_path)
    assert "Usage:" in run(tmp_path / "venv" / "bin" / "pnet-tf", "--help", cwd=tmp_path)
    run(python, "-c", "import pnet_tf; pnet_tf.load_dataset('smart-reply')", cwd=tmp_path)
