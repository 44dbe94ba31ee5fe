"""Tables of the scripts `reproduce_*.py` from figures by hand; no training."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
import untuned  # noqa: E402
from measured import Figures, Table  # noqa: E402
from reproduction import MODES, _write, recipe_rows, token_rows, whole_image_rows  # noqa: E402

from pnet_tf.settings import recipe_names  # noqa: E402


def figures(name, seed, accuracy, trainer=0.9):
    return asdict(
        Figures(
            name=name, seed=seed, options="", test_accuracy=accuracy, student_accuracy=accuracy,
            trainer_accuracy=trainer, valid_accuracy=0.95, size_bytes=4000, zipped_bytes=3000,
            head_parameters=1000, trainer_parameters=trainer and 50_000, bits=64, p50_ms=0.1,
            reference_ms=0.4, oldest_runtime="tflite-runtime 2.14.0", train_seconds=10 * seed,
        )
    )  # fmt: skip


def test_tables_by_hand(tmp_path, capsys):
    stored = {
        "rows": [figures("T=8 d=8", 0, 0.8)],
        "recipes": [figures("text", 0, 0.9, trainer=None)],
        "modes": {
            "joint": [figures("joint", seed, value) for seed, value in enumerate((0.90, 0.92))],
            "alone": [
                figures("alone", seed, value, trainer=None)
                for seed, value in enumerate((0.89, 0.91))
            ],
        },
    }
    _write("atis", tmp_path, stored)
    text = (tmp_path / "atis.md").read_text()
    old = "tflite-runtime 2.14.0"
    sizes = "1,000 | 50 | 4,000 | 3,000 | 50"
    assert f"| T=8 d=8 | 0 | 64 | 80.00% | 95.00% | 90.00% | {sizes} | {old} |" in text
    sizes = sizes.replace("50", "-")
    assert f"| text | 0 | 64 | 90.00% | 95.00% | - | {sizes} | {old} |" in text
    assert "| joint | 2 | 91.00% | 1.41% | +1.00% | 90.00% | 50 | 4,000 | 50 | 5 |" in text
    assert "| alone | 2 | 90.00% | 1.41% | +0.00% | - | - | 4,000 | - | 5 |" in text
    assert json.loads((tmp_path / "atis.json").read_text()) == stored


def test_untuned_data_are_measured_with_the_default_alone(tmp_path, monkeypatch, capsys):
    asked = []

    def measure(name, source, out, *, seed, options):
        asked.append((source, out, options))
        return Figures(**figures(name, seed, 0.8 + seed / 100, trainer=None))

    monkeypatch.setattr(untuned, "measure", measure)
    words = ["untuned.py", "--data", "d", "--out", str(tmp_path), "--runs", "r", "--seeds", "2"]
    monkeypatch.setattr(sys, "argv", words)
    untuned.main()
    assert asked == [
        (Path("d") / name, Path("r") / name, "--recipe text --trainer none")
        for name in untuned.DATA for _ in range(2)
    ]  # fmt: skip
    rows = json.loads((tmp_path / "untuned.json").read_text())
    assert [(row["name"], row["seed"]) for row in rows[:3]] == [
        ("trec6", 0), ("trec6", 1), ("sst2", 0),
    ]  # fmt: skip
    assert "| sms_spam | 1 | 64 | 81.00% |" in (tmp_path / "untuned.md").read_text()


def test_every_named_recipe_exists():
    sources = Path(__file__).resolve().parents[1].glob("scripts/reproduce_*.py")
    named = {
        name for path in sources for name in recipe_names() if f'"{name}"' in path.read_text()
    }
    assert {"text-large", "text-robust", "text-small"} <= named
    assert {"image-tiny", "image-small", "image-photo"} <= named
    assert recipe_rows("text-large")[0].options == "--recipe text-large"


@pytest.mark.parametrize("rows", [whole_image_rows(), token_rows()])
def test_options_are_those_of_the_command(rows):
    from pnet_tf.cli.runs import train

    known = {option for parameter in train.params for option in parameter.opts}
    asked = [*(row.options for row in rows), *MODES.values()]
    assert {word for text in asked for word in text.split() if word.startswith("--")} <= known


def test_a_table_grows_by_the_rows_of_several_processes(tmp_path):
    path, key = tmp_path / "out" / "table.json", ("name", "seed")

    def row(name, seed):
        return Figures(**figures(name, seed, 0.8))

    def slow():
        Table(path, Figures, key).measured(lambda: row("other", 1), "other", 1)
        return row("mine", 0)

    mine = Table(path, Figures, key)
    assert mine.rows == [] and mine.measured(slow, "mine", 0) == row("mine", 0)
    assert mine.rows == [row("other", 1), row("mine", 0)]
    assert mine.measured(slow, "other", 1) == row("other", 1)
    with pytest.raises(ValueError, match="was asked for"):
        mine.measured(slow, "mine", 3)
    assert [one.seed for one in Table(path, Figures, key).rows] == [1, 0]
