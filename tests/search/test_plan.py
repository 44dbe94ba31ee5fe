from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pnet_tf.cli import main
from pnet_tf.errors import InputError
from pnet_tf.search.plan import (
    Sweep,
    Training,
    export_command,
    head_kinds,
    make_plan,
    parse_names,
    parse_numbers,
    parse_points,
    parse_sweep,
)


def test_points():
    assert parse_points("8x10, 60x12,8x10") == ((8, 10), (60, 12))


@pytest.mark.parametrize("text", ["8", "0x10", "8x0", "", "8x10,", "8x10x2", "-8x1", "axb", "８x1"])
def test_bad_points(text):
    with pytest.raises(InputError, match="--points must be TxD"):
        parse_points(text)


@given(st.lists(st.tuples(st.integers(1, 4096), st.integers(1, 32)), min_size=1, unique=True))
def test_points_come_back(points):
    assert list(parse_points(",".join(f"{t}x{d}" for t, d in points))) == points


def test_numbers_and_names():
    assert parse_numbers("0,128", "--hidden") == (0, 128)
    assert parse_names("int8,none,int8", "--quantize", ("none", "int8")) == ("int8", "none")
    for text in ("", "1,", "1.5", "-1", "x"):
        with pytest.raises(InputError, match="--seeds"):
            parse_numbers(text, "--seeds")
    with pytest.raises(InputError, match="one of linear, dense, lookup, sequence.*'fast'"):
        parse_sweep({"heads": "linear,fast"})
    assert parse_sweep({"seeds": "3,1", "epochs": 2}) == Sweep(seeds=(3, 1), epochs=2)


def test_only_dense_has_hidden_units():
    assert head_kinds(("linear", "dense", "lookup"), (0, 64, 128)) == (
        ("linear", 0), ("dense", 64), ("dense", 128), ("lookup", 0),
    )  # fmt: skip
    with pytest.raises(InputError, match="--hidden needs dense"):
        make_plan("d", "image", Sweep(heads=("lookup",), hidden=(8,)))


def test_defaults_fit_the_kind():
    text = make_plan("d", "text", Sweep())
    assert {t.head for t in text.trainings} == {"sequence"} and text.projection is None
    sizes = [t.functions * t.bits_per_function for t in text.trainings]
    assert all(size & (size - 1) == 0 for size in sizes)
    image = make_plan("d", "image", Sweep(seeds=(0, 1)))
    assert len(image.trainings) == 4 * 2 * 2 and image.projection == "structured"
    assert len(image.names) == len(set(image.names)) == 16 * 3
    dense = make_plan("d", "dense", Sweep(config={"projection": {"name": "dense"}}))
    assert dense.projection == "dense"


@pytest.mark.parametrize("head", [("linear", 0), ("dense", 64), ("lookup", 0)])
def test_commands_ask_for_what_the_changes_say(head):
    """The command line reads back, from `train_command`, the settings that were checked."""
    from pnet_tf.options import options_to_settings
    from pnet_tf.settings import make_settings

    sweep = Sweep(points=((8, 4),), heads=("linear",), trainer="ff", epochs=3, recipe="bits")
    plan = make_plan("digits", "image", sweep)
    training = Training(8, 4, *head, seed=5)
    command = plan.train_command(training, Path("out"))
    train = main.commands["train"]
    options = train.make_context("train", command[1:]).params
    assert options["data"] == "digits" and options["out"] == f"out/runs/{training.name}"
    read = make_settings("image", options_to_settings(options), recipe=options["recipe"])
    assert read == make_settings("image", plan.changes(training), recipe="bits")
    export = main.commands["export"].make_context(
        "export", export_command(training, "int4", Path("out"))[1:]
    )
    assert export.params["run"] == options["out"] and export.params["quantize"] == "int4"
