"""Every block of the README, of CONTRIBUTING and of docs/ does what its page says.

Each page is tried in a folder of its own, block after block. Commands and code stay as printed;
`quick` says what makes them so. `-m slow` tries the pages without any of it.
"""

import gc
import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

import pnet_tf
from pnet_tf.data import Part
from tests.docs_blocks import Broken, Page, kept_tables, other_command_problem, read_blocks
from tests.import_rules import FLOORS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
MOST_README_LINES = 260
PATH_IN_TEXT = re.compile(
    r"`((?:pnet_tf|export|scripts|benchmarks|results|docs|tests|requirements)/[\w./]*|[\w-]+\.(?:py|md|toml|yml))`"
)
ENTRY = '```toml\n[project.entry-points."{}"]\nx = "{}"\n```\n'
pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config.*functions_eagerly")


def named(path):
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module", autouse=True)
def building(tmp_path_factory):
    """Folder and process of the site, which is built while the pages are tried."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(folder)]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=quiet, **said) as process:
        yield folder, process


@pytest.fixture
def quick(monkeypatch):
    """Commands and code as they are, on every eighth example, for one epoch of one step.

    Recipes have no trainer and no rounding unless they are asked for; nothing is traced; files that
    the test has just made are tried in no child process and timed three times; scores of students
    that know nothing nearly tie, so that parity is computed and not judged.
    """
    from pnet_tf import settings
    from pnet_tf._keras import tf
    from pnet_tf.data import sources
    from pnet_tf.export import parity, pipeline
    from pnet_tf.tflite import benchmark, model

    recipe, timed, sample = settings.read_recipe, pipeline.benchmark_bytes, sources.read_builtin

    def alone(name):
        found = recipe(name)
        schedule = found["schedule"] | {"batch_size": 4096}
        return found | {"trainer": {"name": "none"}, "qat": "none", "schedule": schedule}

    def few(name, wanted):
        found = sample(name, wanted)
        parts = {s: Part(p.inputs[::8], p.targets[::8]) for s, p in found.parts.items()}
        return replace(found, parts=parts)

    monkeypatch.setattr(parity, "check", lambda found, mode: found)
    monkeypatch.setattr(settings.making, "read_recipe", alone)
    monkeypatch.setattr(
        settings.Schedule, "of_steps",
        lambda self, steps: structs.replace(self, epochs=1, min_updates=0),
    )  # fmt: skip
    monkeypatch.setattr(sources, "read_builtin", few)
    monkeypatch.setattr(pipeline, "benchmark_bytes", lambda content, runs: timed(content, runs=3))
    for module in (model, benchmark):
        monkeypatch.setattr(module, "probe", lambda *arguments, **options: 0)
    monkeypatch.setenv("PNET_TF_OLD_RUNTIME", "none")
    gc.disable()
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
    gc.enable()


@pytest.fixture
def tried(tmp_path, monkeypatch):
    """`tried(page)` runs all blocks of a page in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PNET_TF_TRACEBACK", "0")  # what --traceback sets ends with the test
    with kept_tables(tmp_path):
        yield lambda page: Page(page, tmp_path).run()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_block_of_a_page(page, tried, quick):
    assert tried(page) == len(read_blocks(page))


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_block_of_a_page_as_printed(page, tried):
    tried(page)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("```\nx\n```\n", "names no language"),
        ("```python\nx = 1\n", "does not end"),
        ("<!-- not run: late -->\n```python\n1 / 0\n```\n", "'late' is no reason"),
        ("<!-- slow -->\n```python\n1 / 0\n```\n", "the comment 'slow' means nothing"),
        ("```kotlin\nval x = 1\n```\n", "nobody tries 'kotlin'"),
        ("```python\nprint(1)\n```\n\n<!-- output -->\n```text\n2\n```\n", "printed was\n1"),
        ("```sh\npnet-tf inspect no_such.tflite\n```\n", "exit code 2, not 0"),
        ("<!-- exit code 2 -->\n```sh\npnet-tf settings\n```\n", "exit code 0, not 2"),
        ("```sh\npnet-tf fly\n```\n", "No such command 'fly'"),
        ("```sh\npnet-tf settings --novel\n```\n", "No such option"),
        ("```sh\nrm -rf runs\n```\n", "this form is not allowed"),
        ("```sh\npip install pnet-tf\n```\n", "takes . or .[EXTRA]"),
        ("```sh\npip install '.[novel]'\n```\n", "takes . or .[EXTRA]"),
        ("```sh\nmake novel\n```\n", "no novel"),
        ("```sh\npython scripts/novel.py\n```\n", "no script scripts/novel.py"),
        ("```sh\npython scripts/reproduce_mnist.py --novel 1\n```\n", "no option --novel"),
        ("```json\n{\"head\": }\n```\n", "not JSON"),
        ("```json\n{\"heads\": {}}\n```\n", "setting must be one of"),
        ("<!-- metadata -->\n```json\n{\"spec\": 1}\n```\n", "the keys are not"),
        (ENTRY.format("pnet_tf.novel", "json:loads"), "no table has the group"),
        (ENTRY.format("pnet_tf.heads", "json:lads"), "json:lads is not there"),
    ],
)  # fmt: skip
def test_a_block_that_does_not_hold_is_found(page, reason, tmp_path, tried):
    path = tmp_path / "page.md"
    path.write_text(page, encoding="utf-8")
    with pytest.raises(Broken) as caught:
        tried(path)
    assert reason in str(caught.value) and "page.md:" in str(caught.value)


def test_an_error_in_a_block_names_the_line_of_the_page(tmp_path, tried):
    path = tmp_path / "page.md"
    path.write_text("# Page\n\n```python\nx = 0\n1 / x\n```\n", encoding="utf-8")
    with pytest.raises(ZeroDivisionError) as caught:
        tried(path)
    assert caught.traceback[-1].lineno + 1 == 5


def test_files_names_and_input_of_a_page(tmp_path, tried):
    path = tmp_path / "page.md"
    path.write_text(
        '```python title="own_part.py"\nVALUE = 3\n```\n\n'
        "```python\nfrom own_part import VALUE\n```\n\n```python\nprint(VALUE + 1)\n```\n\n"
        "<!-- output -->\n```text\n4\n```\n\n"
        "```sh\npnet-tf settings --kind image > found.json  # a comment\n```\n",
        encoding="utf-8",
    )
    assert tried(path) == 5
    assert json.loads((tmp_path / "found.json").read_text())["head"]["name"] == "local"


@pytest.mark.parametrize(
    "line",
    [
        "pip install '.[train]'", "pip install .", "make bench PNET_TF_DATA=FOLDER",
        "python scripts/reproduce_mnist.py --data X --parts recipes", "python docs/generate.py",
    ],
)  # fmt: skip
def test_an_allowed_line(line):
    import shlex

    assert other_command_problem(shlex.split(line)) == ""


@pytest.fixture(scope="module")
def generate():
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_up_to_date(generate):
    found = {name: (DOCS / name).read_text(encoding="utf-8") for name in generate.whole_files()}
    late = [name for name, content in generate.whole_files().items() if found[name] != content]
    assert late == [], "run `make docs`"


def test_generated_parts_are_up_to_date(generate):
    texts = {page.name: page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md")}
    late = [name for name, text in texts.items() if generate.with_parts(text) != text]
    assert late == [], "run `make docs`"
    named = re.findall(r"<!-- generated: (\w+) -->", "".join(texts.values()))
    assert sorted(named) == sorted(generate.parts())


def test_a_late_part_is_found(generate):
    page = "<!-- generated: modes -->\nold\n<!-- end -->\n"
    assert "int4" in generate.with_parts(page)
    with pytest.raises(KeyError, match="novel"):
        generate.with_parts("<!-- generated: novel -->\n<!-- end -->\n")


def test_the_site_is_built_without_a_warning_and_needs_no_other_machine(building):
    folder, process = building
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    pages = [path.read_text(encoding="utf-8") for path in folder.rglob("*.html")]
    assert len(pages) > 15
    loads = [tag for page in pages for tag in re.findall(r"<(?:script|img|iframe)[^>]*>", page)]
    loads += [tag for page in pages for tag in re.findall(r"<link[^>]*>", page)]
    assert loads and [tag for tag in loads if "//" in tag] == []
    assert not list(folder.rglob("*.py"))


def test_every_public_name_is_in_the_reference():
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    listed = re.findall(r"^::: pnet_tf\.(\w+)$", text, re.MULTILINE)
    assert sorted({*listed, "keras", "__version__"}) == sorted(pnet_tf.__all__)
    assert len(listed) == len(set(listed))


def test_every_room_and_part_is_in_the_picture_of_the_house():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    picture = next(b.text for b in read_blocks(ROOT / "CONTRIBUTING.md") if "floor " in b.text)
    rows = [line.split("  ")[1].split() for line in picture.splitlines()[1:]]
    assert [set(rooms) for rooms in rows] == [set(rooms) for rooms in reversed(FLOORS)]
    missing = [room for floor in FLOORS for room in floor if f"| `{room}` |" not in text]
    assert missing == []


def test_paths_that_pages_name_exist():
    folders = [ROOT / name for name in ("pnet_tf", "export", "scripts", "tests", "docs", "results")]
    tracked = {path.name for folder in folders for path in folder.rglob("*")}
    tracked |= {path.name for path in ROOT.iterdir()}
    missing = []
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for path in PATH_IN_TEXT.findall(text):
            known = (ROOT / path).exists() if "/" in path else path in tracked
            missing += [] if known or path.startswith("my_") else [f"{page.name}: {path}"]
    assert missing == []


def test_commands_modes_and_recipes_have_their_place():
    from pnet_tf.cli import main
    from pnet_tf.settings import recipe_names

    lines = (DOCS / "command-line.md").read_text(encoding="utf-8")
    assert [name for name in main.commands if f"| `{name}` |" not in lines] == []
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in recipe_names() if f"| `{name}`" not in readme] == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < MOST_README_LINES
