"""Every block of the README, of CONTRIBUTING and of docs/ does what its page says.

Each page is tried in a folder of its own, block after block. Commands and code stay as printed;
what makes them quick is below them: recipes of one epoch and no trainer, no graph where the data
are tiny, no trial run of files that the test itself has made. `-m slow` tries the pages as they
are.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from pnet_tf.data import Part
from tests.docs_blocks import Page, kept_tables

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
MOST_README_LINES = 260
pytestmark = [
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.*run_functions_eagerly"),
]


def named(path):
    return path.relative_to(ROOT).as_posix()


@pytest.fixture
def quick(monkeypatch):
    """Commands and code as they are, but little training and no child processes."""
    from pnet_tf import settings
    from pnet_tf._keras import tf
    from pnet_tf.data import sources
    from pnet_tf.export import freeze, parity, pipeline
    from pnet_tf.tflite import benchmark, model

    recipe, timed, sample = settings.read_recipe, pipeline.benchmark_bytes, sources.read_builtin
    short = {"epochs": 1, "min_updates": 0, "batch_size": 4096}

    def alone(name):
        return recipe(name) | {"trainer": {"name": "none"}}

    def few(name, wanted):
        found = sample(name, wanted)
        parts = {s: Part(p.inputs[::8], p.targets[::8]) for s, p in found.parts.items()}
        return replace(found, parts=parts)

    class Bare(tf.Module):
        """The variables without the Keras model, each layer of which would be traced again."""

        def __init__(self, job):
            super().__init__()
            self.kept, name = list(job.student.variables), job.spec.name
            spec = tf.TensorSpec([1, *job.spec.shape], job.spec.dtype, name)
            serve = tf.function(lambda **inputs: freeze._answer(job, inputs[name]))
            self.serve = serve.get_concrete_function(**{name: spec})

    monkeypatch.setattr(freeze, "_Frozen", Bare)
    monkeypatch.setattr(parity, "check", lambda found, mode: found)  # scores nearly tie
    monkeypatch.setattr(settings, "read_recipe", alone)
    monkeypatch.setattr(
        settings.Schedule, "for_examples", lambda self, examples: structs.replace(self, **short)
    )
    monkeypatch.setattr(sources, "read_builtin", few)
    monkeypatch.setattr(pipeline, "benchmark_bytes", lambda content, runs: timed(content, runs=3))
    for module in (model, benchmark):
        monkeypatch.setattr(module, "probe", lambda *arguments, **options: 0)
    monkeypatch.setenv("PNET_TF_OLD_RUNTIME", "none")
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


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
    tried(page)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_block_of_a_page_as_printed(page, tried):
    tried(page)
