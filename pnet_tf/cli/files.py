"""Commands on one finished file: make it, measure it, use it, look into it, time it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from ..console.files import (
    show_apps,
    show_benchmark,
    show_evaluation,
    show_export,
    show_info,
    show_packed,
    show_predictions,
)
from ..errors import InputError
from ..files import is_folder
from ..names import QUANTIZATIONS
from .parts import (
    Command,
    Named,
    check_no_run_file,
    consent,
    give,
    json_option,
    shown_embedding,
    trust_option,
)


@click.command(cls=Command)
@click.argument("run")
@click.option("--tflite", "target", required=True, metavar="FILE", help="File to write.")
@click.option(
    "--quantize", metavar="NAME", cls=Named, table=QUANTIZATIONS,
    more="by default dynamic, or as the run was trained",
)  # fmt: skip
@click.option("--keep-accuracy", type=float, metavar="SHARE", help="With --quantize auto: "
              "accuracy that may be lost on validation examples [default: 0.002].")  # fmt: skip
@click.option("--top-k", type=int, metavar="K", help="Answer with the K best labels only.")
@click.option("--max-bytes", type=int, metavar="N", help="Fail rather than write a larger file.")
@click.option("--trigger-rate", type=float, metavar="SHARE", help="Choose among the replies of the "
              "labels, or stay silent: the share of messages to answer, 0.4 say.")  # fmt: skip
@click.option("--vectors", metavar="FILE", help="Write messages, or pixels, and the answers to "
              "them as JSON: what an app in another language must give too.")  # fmt: skip
@json_option
def export(
    run: str, target: str, quantize: str | None, keep_accuracy: float | None, top_k: int | None,
    max_bytes: int | None, trigger_rate: float | None, vectors: str | None, json_path: str | None,
) -> None:  # fmt: skip
    """Freeze the projection network of RUN into one .tflite."""
    from ..runs.export import export_run

    if vectors is not None:
        check_no_run_file(vectors, "--vectors")
    report = export_run(
        run, target, quantize=quantize, keep_accuracy=keep_accuracy, top_k=top_k,
        max_bytes=max_bytes, trigger_rate=trigger_rate, vectors=vectors,
    )  # fmt: skip
    give(report, json_path, lambda: show_export(report))


@click.command(cls=Command)
@click.argument("model")
@click.argument("data")
@click.option("--split", default="test", show_default=True, help="train, valid or test.")
@trust_option
@json_option
def evaluate(model: str, data: str, split: str, trust: bool, json_path: str | None) -> None:
    """Measure MODEL (a .tflite, or a run directory) on a split of DATA."""
    if is_folder(model):  # which is how a run is told from a .tflite
        from ..runs.evaluate import evaluate_run

        with shown_embedding():
            result: Any = evaluate_run(model, data, split, trust=consent(trust))
    else:
        from ..data import load_split
        from ..tflite.evaluate import evaluate_model
        from ..tflite.model import load_model

        loaded = load_model(model)
        meta = loaded.metadata
        examples = load_split(data, split, labels=meta.labels, spec=meta.input_spec, task=meta.task)
        result = evaluate_model(loaded, examples)
    give(result, json_path, lambda: show_evaluation(result))


@click.command(cls=Command)
@click.argument("model")
@click.argument("inputs", nargs=-1, required=True, metavar="TEXT|FILE|-...")
@click.option("-k", "--top", type=int, default=3, show_default=True, help="Labels an input.")
@click.option("--explain", is_flag=True, help="Say why these replies, or none, are offered.")
@json_option
def predict(
    model: str, inputs: Sequence[str], top: int, explain: bool, json_path: str | None
) -> None:
    """Answer for each message (text models), image file or .npy file of features.

    A lone - reads them from standard input, one a line.
    """
    from ..tflite.model import load_model

    loaded = load_model(model)
    lines = _lines() if tuple(inputs) == ("-",) else list(inputs)
    if explain and loaded.metadata.ranking is None:
        raise InputError(f"{model} does not choose replies; --explain is for a file that does")
    results = loaded.predict(lines, top)
    give(results, json_path, lambda: show_predictions(results, explain))


def _lines() -> list[str]:
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    lines = text.splitlines()
    if not lines:
        raise InputError("standard input is empty; give one input a line")
    return lines


@click.command(cls=Command)
@click.argument("model")
@json_option
def inspect(model: str, json_path: str | None) -> None:
    """Show what is inside a .tflite: inputs, outputs, operators, sizes, metadata."""
    from ..tflite.inspect import inspect_model

    info = inspect_model(model)
    give(info, json_path, lambda: show_info(info))


@click.command(cls=Command)
@click.argument("model")
@click.option("--runs", type=click.IntRange(1, 10_000_000), default=1000, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True)
@json_option
def benchmark(model: str, runs: int, threads: int, json_path: str | None) -> None:
    """Time a .tflite from raw input to answer, beside a 256x256 matrix product."""
    from ..tflite.benchmark import benchmark as measure

    result = measure(model, runs=runs, threads=threads)
    give(result, json_path, lambda: show_benchmark(result))


@click.command(cls=Command)
@click.option("--model", required=True, metavar="FILE", help="A .tflite, or .ptz, that reads text.")
@click.option("--to", "project", required=True, metavar="FOLDER", help="A copy of android_demo.")
@click.option("--pack", is_flag=True, help="Let the apps hold it packed, as they hold a .ptz.")
@json_option
def android(model: str, project: str, pack: bool, json_path: str | None) -> None:
    """Put a .tflite into the phone and the watch app, once it is checked that they can run it."""
    from ..packing.apps import put_into_apps

    report = put_into_apps(model, project, pack=pack)
    give(report, json_path, lambda: show_apps(report))


@click.command(cls=Command)
@click.argument("file")
@click.option("--out", required=True, metavar="FILE", help="Container to write, usually .ptz.")
@json_option
def pack(file: str, out: str, json_path: str | None) -> None:
    """Write FILE, a .tflite, in fewer bytes for a download."""
    from ..packing.container import pack_file

    report = pack_file(file, out)
    give(report, json_path, lambda: show_packed(report))


@click.command(cls=Command)
@click.argument("file")
@click.option("--out", required=True, metavar="FILE", help="File to write.")
@json_option
def unpack(file: str, out: str, json_path: str | None) -> None:
    """Write the very bytes that were packed into FILE."""
    from ..packing.container import unpack_file

    report = unpack_file(file, out)
    give(report, json_path, lambda: show_packed(report))
