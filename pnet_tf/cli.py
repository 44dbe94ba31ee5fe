"""Commands: parse, call one function, print its dataclass. TensorFlow loads only where needed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from . import console
from .errors import InputError, WorkError
from .files import atomic_write_text
from .options import given, options_to_settings
from .settings import QAT_MODES
from .version import __version__

PROJECTIONS = ("text", "structured", "dense", "local")
QUANTIZE = ("none", "dynamic", "int8", "int4")


class _Group(click.Group):
    """Turns the project's errors into one sentence and an exit code: 2 bad input, 1 failed work."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            _fail(str(error), 2)
        except WorkError as error:
            _fail(str(error), 1)
        except ModuleNotFoundError as error:
            if error.name not in ("tensorflow", "tf_keras", "tensorflow_model_optimization"):
                raise
            _fail("this command trains or exports and needs TensorFlow: "
                  "install the extra, pnet-tf[train]", 2)  # fmt: skip
        return None


def _fail(message: str, code: int) -> None:
    click.echo(f"Error: {message}", err=True)
    sys.exit(code)


def _json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--json",
        "json_path",
        metavar="FILE",
        help="Write the result as JSON (- for standard output).",
    )(command)


def _give(result: Any, json_path: str | None, show: Callable[[], None]) -> None:
    """Print `result` by `show`, or write it as JSON; standard output is then JSON alone."""
    if json_path is None:
        show()
        return
    text = json.dumps(console.as_plain(result), indent=1, ensure_ascii=False) + "\n"
    if json_path == "-":
        click.echo(text, nl=False)
        return
    if not Path(json_path).parent.is_dir():
        raise InputError(f"{Path(json_path).parent} does not exist; make the folder first")
    atomic_write_text(json_path, text)
    show()


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pnet-tf")
def main() -> None:
    """Train a projection network beside a big teacher; ship it as one tiny .tflite."""


@main.command()
@click.argument("data")
@click.option("--out", required=True, metavar="RUN", help="Run directory to write.")
@click.option("--recipe", help="Named settings; the default fits the kind of input.")
@click.option("--config", "config_file", metavar="FILE", help="JSON file with settings.")
@click.option("--task", type=click.Choice(["classification", "regression"]))
@click.option("--trainer", metavar="NAME", help="ff, cnn, lstm, gru, none or module:function.")
@click.option("--teacher-logits", metavar="NPZ", help="Stored teacher logits instead of a trainer.")
@click.option("--trainer-weights", metavar="RUN", help="Start from the trainer of another run.")
@click.option("--freeze-trainer", is_flag=True, help="Do not train the trainer.")
@click.option("--projection", metavar="NAME", help=f"One of {', '.join(PROJECTIONS)}.")
@click.option("--projections", type=int, metavar="T", help="Number of projection functions.")
@click.option("--bits", type=int, metavar="D", help="Bits of each function (text: of each token).")
@click.option("--head", metavar="NAME", help="linear, dense, lookup, sequence or local.")
@click.option("--hidden", metavar="N,N", help="Units of the dense head; 0 for a linear head.")
@click.option("--bytes", "byte_length", type=int, metavar="N", help="Bytes of a message.")
@click.option("--lambdas", metavar="L1,L2,L3", help="Weights of the three loss terms.")
@click.option("--temperature", type=float, help="Temperature of the distillation term.")
@click.option("--teach-trainer", is_flag=True, help="Let the distillation term reach the trainer.")
@click.option("--class-weights", is_flag=True, help="Weigh classes by 1 / frequency.")
@click.option("--epochs", type=int)
@click.option("--batch-size", type=int)
@click.option("--learning-rate", type=float)
@click.option("--patience", type=int, help="Stop after so many epochs without a better student.")
@click.option("--valid-fraction", type=float, help="Share held out when DATA has no valid split.")
@click.option(
    "--qat", is_flag=False, flag_value="int8", type=click.Choice(QAT_MODES),
    help="Quantisation-aware training; int8 unless another is said.",
)  # fmt: skip
@click.option("--prune", type=float, metavar="S", help="Share of each matrix made 0, 0..0.95.")
@click.option("--cluster", type=int, metavar="N", help="Distinct values of each matrix, 2..256.")
@click.option("--seed", type=int)
@click.option("--resume", is_flag=True, help="Go on with RUN from its last checkpoint.")
@_json_option
def train(data: str, out: str, resume: bool, json_path: str | None, **options: Any) -> None:
    """Train a trainer and a projection network jointly on DATA."""
    from .training import resume as go_on
    from .training import train as start

    watch = console.training_watch()
    with watch:
        if resume:
            _check_resume(options)
            report = go_on(data, out, watch=watch)
        else:
            report = start(data, out, options_to_settings(options), task=options["task"],
                           recipe=options["recipe"], watch=watch)  # fmt: skip
    _give(report, json_path, lambda: console.show_training(report))


def _check_resume(options: Mapping[str, Any]) -> None:
    given = [name for name, value in options.items() if value not in (None, False)]
    if given:
        raise InputError(
            f"--resume goes on with the settings of the run; leave out {', '.join(given)}"
        )


@main.command()
@click.argument("run_paths", nargs=-1, required=True, metavar="RUN...")
@click.argument("data")
@click.option("--out", required=True, metavar="NPZ", help="File to write.")
@_json_option
def teach(run_paths: Sequence[str], data: str, out: str, json_path: str | None) -> None:
    """Store what the trainers of RUNs, averaged, say to the training examples of DATA.

    `train DATA --teacher-logits NPZ` then needs no trainer beside the projection network.
    """
    from .teaching import store_teacher_logits

    report = store_teacher_logits(run_paths, data, out)
    _give(report, json_path, lambda: console.show_teaching(report))


@main.command()
@click.argument("run")
@click.option("--tflite", "target", required=True, metavar="FILE", help="File to write.")
@click.option(
    "--quantize", type=click.Choice(QUANTIZE), help="[default: dynamic; after train --qat, that]"
)
@click.option("--top-k", type=int, metavar="K", help="Answer with the K best labels only.")
@click.option("--max-bytes", type=int, metavar="N", help="Fail rather than write a larger file.")
@_json_option
def export(
    run: str, target: str, quantize: str | None, top_k: int | None, max_bytes: int | None,
    json_path: str | None,
) -> None:  # fmt: skip
    """Freeze the projection network of RUN into one .tflite."""
    from .export.pipeline import export_run

    report = export_run(run, target, quantize=quantize, top_k=top_k, max_bytes=max_bytes)
    _give(report, json_path, lambda: console.show_export(report))


@main.command()
@click.argument("model")
@click.argument("data")
@click.option("--split", default="test", show_default=True, help="train, valid or test.")
@_json_option
def evaluate(model: str, data: str, split: str, json_path: str | None) -> None:
    """Measure MODEL (a .tflite, or a run directory) on a split of DATA."""
    from .runs import is_run

    if is_run(model):
        from .evaluation import evaluate_run

        result: Any = evaluate_run(model, data, split)
    else:
        from .data import load_split
        from .export.evaluate import evaluate_model
        from .export.interpreter import load_model

        loaded = load_model(model)
        meta = loaded.metadata
        shape = () if meta.input_kind == "text" else meta.input_shape
        examples = load_split(data, split, labels=meta.labels, kind=meta.input_kind,
                              input_shape=shape, task=meta.task)  # fmt: skip
        result = evaluate_model(loaded, examples)
    _give(result, json_path, lambda: console.show_evaluation(result))


@main.command()
@click.argument("model")
@click.argument("inputs", nargs=-1, required=True, metavar="TEXT|FILE...")
@click.option("-k", "--top", type=int, default=3, show_default=True, help="Labels an input.")
@_json_option
def predict(model: str, inputs: Sequence[str], top: int, json_path: str | None) -> None:
    """Answer for each message (text models), image file or .npy file of features."""
    from .export.interpreter import load_model
    from .export.predict import predict_inputs

    loaded = load_model(model)
    results = predict_inputs(loaded, inputs, top)
    _give(results, json_path, lambda: console.show_predictions(results))


@main.command()
@click.argument("model")
@_json_option
def inspect(model: str, json_path: str | None) -> None:
    """Show what is inside a .tflite: inputs, outputs, operators, sizes, metadata."""
    from .export.inspect import inspect_model

    info = inspect_model(model)
    _give(info, json_path, lambda: console.show_info(info))


@main.command()
@click.argument("model")
@click.option("--runs", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True)
@_json_option
def benchmark(model: str, runs: int, threads: int, json_path: str | None) -> None:
    """Time a .tflite from raw input to answer, beside a 256x256 matrix product."""
    from .export.benchmark import benchmark as measure

    result = measure(model, runs=runs, threads=threads)
    _give(result, json_path, lambda: console.show_benchmark(result))


@main.command()
@click.argument("data", required=False)
@click.option("--out", required=True, metavar="FOLDER", help="Folder of the sweep.")
@click.option("--points", metavar="TxD,TxD", help="Functions x bits [default: by kind of input].")
@click.option("--heads", metavar="NAME,NAME", help="linear, dense, lookup; sequence for text.")
@click.option("--hidden", metavar="N,N", help="Units of the dense head; 0 for a linear head.")
@click.option(
    "--quantize", default="int8,int4,dynamic", show_default=True, metavar="NAME,NAME",
    help=f"Exports of each run: {', '.join(QUANTIZE)}.",
)  # fmt: skip
@click.option("--seeds", default="0", show_default=True, metavar="N,N")
@click.option("--recipe", help="Named settings; the default fits the kind of input.")
@click.option("--config", "config_file", metavar="FILE", help="JSON file with settings.")
@click.option("--trainer", metavar="NAME", help="As for train.")
@click.option("--epochs", type=int)
@click.option("--jobs", type=click.IntRange(1), help="Runs side by side [default: the cores].")
@click.option("--test", is_flag=True, help="Also the test split, of the Pareto front alone.")
@click.option("--draw", is_flag=True, help="Only table and plots again, of the points there are.")
@_json_option
def bits(
    data: str | None, out: str, jobs: int | None, test: bool, draw: bool, json_path: str | None,
    **options: Any,
) -> None:  # fmt: skip
    """How many bits does DATA need? Sweep sizes, measure each file, draw the Pareto front."""
    from .search.plan import parse_sweep
    from .search.sweep import draw_again, search_bits

    if draw:
        report = draw_again(out)
    elif data is None:
        raise InputError("DATA is missing; only --draw goes without it")
    else:
        sweep = parse_sweep(given(**options))
        with console.SweepWatch() as watch:
            report = search_bits(data, out, sweep, jobs=jobs, test=test, told=watch)
    _give(report, json_path, lambda: console.show_sweep(report))
    if report.failures and not draw:
        raise WorkError(f"{len(report.failures)} of {report.planned} points failed")


@main.command()
@click.option("--out", default="demo_run", show_default=True, metavar="FOLDER")
def demo(out: str) -> None:
    """Train, export and use the built-in Smart Reply sample, end to end."""
    from .demo import run_demo

    run_demo(Path(out))


if __name__ == "__main__":
    main()
