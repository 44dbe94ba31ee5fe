"""Commands: parse, call one function, print its dataclass. TensorFlow loads only where needed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from . import console, watches
from .cli_parts import (
    Command,
    Group,
    Named,
    check_no_run_file,
    consent,
    give,
    json_option,
    trust_option,
)
from .errors import InputError, WorkError
from .files import is_folder
from .names import HEADS, PROJECTIONS, QUANTIZATIONS, TRAINERS
from .options import given, options_to_settings
from .settings import QAT_MODES
from .version import __version__


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pnet-tf")
@click.option(
    "--traceback", is_flag=True, help="Show where an error comes from; PNET_TF_TRACEBACK=1 too."
)
def main(traceback: bool) -> None:
    """Train a projection network beside a big teacher; ship it as one tiny .tflite."""


class _Train(Command):
    """`train`, whose help ends with the recipes and the forms of DATA."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Both lists, as they stand."""
        from .data import describe_formats
        from .settings import read_recipe, recipe_names

        recipes = [(name, read_recipe(name)["description"]) for name in recipe_names()]
        with formatter.section("DATA is one of"):
            formatter.write_dl([("", line) for line in describe_formats()])
        with formatter.section("Recipes"):
            formatter.write_dl(recipes)


@main.command(cls=_Train)
@click.argument("data")
@click.option("--out", required=True, metavar="RUN", help="Run directory to write.")
@click.option("--recipe", metavar="NAME", help="Named settings, listed below; the default fits "
              "the kind of input.")  # fmt: skip
@click.option("--config", "config_file", metavar="FILE", help="JSON file with settings.")
@click.option("--task", type=click.Choice(["classification", "regression"]))
@click.option(
    "--trainer", metavar="NAME", cls=Named, table=TRAINERS, more="none or module:function"
)
@click.option("--teacher-logits", metavar="NPZ", help="Stored teacher logits instead of a trainer.")
@click.option("--graph", metavar="EDGES", help="Learn from edges between messages, or an .npz of "
              "edges and x, the inputs of its nodes; train labels some of them.")  # fmt: skip
@click.option("--trainer-weights", metavar="RUN", help="Start from the trainer of another run.")
@click.option("--freeze-trainer", is_flag=True, help="Do not train the trainer.")
@click.option("--projection", metavar="NAME", cls=Named, table=PROJECTIONS)
@click.option("--projections", type=int, metavar="T", help="Number of projection functions.")
@click.option("--bits", type=int, metavar="D", help="Bits of each function (text: of each token).")
@click.option("--head", metavar="NAME", cls=Named, table=HEADS)
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
@trust_option
@json_option
def train(
    data: str, out: str, resume: bool, trust: bool, json_path: str | None, **options: Any
) -> None:
    """Train a trainer and a projection network jointly on DATA."""
    from .runs.train import resume as go_on
    from .runs.train import train as start

    with watches.TrainingWatch() as watch:
        if resume:
            _check_resume(options)
            report = go_on(data, out, watch=watch, trust=consent(trust))
        else:
            report = start(data, out, options_to_settings(options), task=options["task"],
                           recipe=options["recipe"], watch=watch, trust=consent(trust))  # fmt: skip
    give(report, json_path, lambda: console.show_training(report))


def _check_resume(options: Mapping[str, Any]) -> None:
    given = [name for name, value in options.items() if value not in (None, False)]
    if given:
        raise InputError(
            f"--resume goes on with the settings of the run; leave out {', '.join(given)}"
        )


@main.command(cls=Command)
@click.argument("run_paths", nargs=-1, required=True, metavar="RUN...")
@click.argument("data")
@click.option("--out", required=True, metavar="NPZ", help="File to write.")
@trust_option
@json_option
def teach(
    run_paths: Sequence[str], data: str, out: str, trust: bool, json_path: str | None
) -> None:
    """Store what the trainers of RUNs, averaged, say to the training examples of DATA.

    `train DATA --teacher-logits NPZ` then needs no trainer beside the projection network.
    """
    from .runs.teach import store_teacher_logits

    report = store_teacher_logits(run_paths, data, out, trust=consent(trust))
    give(report, json_path, lambda: console.show_teaching(report))


@main.command(cls=Command)
@click.argument("run")
@click.option("--tflite", "target", required=True, metavar="FILE", help="File to write.")
@click.option(
    "--quantize", metavar="NAME", cls=Named, table=QUANTIZATIONS,
    more="by default dynamic, or as the run was trained",
)  # fmt: skip
@click.option("--top-k", type=int, metavar="K", help="Answer with the K best labels only.")
@click.option("--max-bytes", type=int, metavar="N", help="Fail rather than write a larger file.")
@click.option("--trigger-rate", type=float, metavar="SHARE", help="Choose among the replies of the "
              "labels, or stay silent: the share of messages to answer, 0.4 say.")  # fmt: skip
@json_option
def export(
    run: str, target: str, quantize: str | None, top_k: int | None, max_bytes: int | None,
    trigger_rate: float | None, json_path: str | None,
) -> None:  # fmt: skip
    """Freeze the projection network of RUN into one .tflite."""
    from .runs.export import export_run

    report = export_run(
        run, target, quantize=quantize, top_k=top_k, max_bytes=max_bytes, trigger_rate=trigger_rate
    )
    give(report, json_path, lambda: console.show_export(report))


@main.command(cls=Command)
@click.argument("model")
@click.argument("data")
@click.option("--split", default="test", show_default=True, help="train, valid or test.")
@trust_option
@json_option
def evaluate(model: str, data: str, split: str, trust: bool, json_path: str | None) -> None:
    """Measure MODEL (a .tflite, or a run directory) on a split of DATA."""
    if is_folder(model):  # which is how a run is told from a .tflite
        from .runs.evaluate import evaluate_run

        result: Any = evaluate_run(model, data, split, trust=consent(trust))
    else:
        from .data import load_split
        from .tflite.evaluate import evaluate_model
        from .tflite.model import load_model

        loaded = load_model(model)
        meta = loaded.metadata
        examples = load_split(
            data, split, labels=meta.labels, spec=meta.input_spec, task=meta.task
        )
        result = evaluate_model(loaded, examples)
    give(result, json_path, lambda: console.show_evaluation(result))


@main.command(cls=Command)
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
    from .tflite.model import load_model

    loaded = load_model(model)
    lines = _lines() if tuple(inputs) == ("-",) else list(inputs)
    if explain and loaded.metadata.ranking is None:
        raise InputError(f"{model} does not choose replies; --explain is for a file that does")
    results = loaded.predict(lines, top)
    give(results, json_path, lambda: console.show_predictions(results, explain))


def _lines() -> list[str]:
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    lines = text.splitlines()
    if not lines:
        raise InputError("standard input is empty; give one input a line")
    return lines


@main.command(cls=Command)
@click.argument("model")
@json_option
def inspect(model: str, json_path: str | None) -> None:
    """Show what is inside a .tflite: inputs, outputs, operators, sizes, metadata."""
    from .tflite.inspect import inspect_model

    info = inspect_model(model)
    give(info, json_path, lambda: console.show_info(info))


@main.command(cls=Command)
@click.argument("model")
@click.option("--runs", type=click.IntRange(1, 10_000_000), default=1000, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True)
@json_option
def benchmark(model: str, runs: int, threads: int, json_path: str | None) -> None:
    """Time a .tflite from raw input to answer, beside a 256x256 matrix product."""
    from .tflite.benchmark import benchmark as measure

    result = measure(model, runs=runs, threads=threads)
    give(result, json_path, lambda: console.show_benchmark(result))


@main.command(cls=Command)
@click.argument("data", required=False)
@click.option("--out", required=True, metavar="FOLDER", help="Folder of the sweep.")
@click.option("--points", metavar="TxD,TxD", help="Functions x bits [default: by kind of input].")
@click.option("--heads", metavar="NAME,NAME", help="linear, dense, lookup; sequence for text.")
@click.option("--hidden", metavar="N,N", help="Units of the dense head; 0 for a linear head.")
@click.option(
    "--quantize", default="int8,int4,dynamic", show_default=True, metavar="NAME,NAME",
    cls=Named, table=QUANTIZATIONS, more="with commas between: exports of each run",
)  # fmt: skip
@click.option("--seeds", default="0", show_default=True, metavar="N,N")
@click.option("--recipe", metavar="NAME", help="Named settings; the default fits the kind of "
              "input.")  # fmt: skip
@click.option("--config", "config_file", metavar="FILE", help="JSON file with settings.")
@click.option("--trainer", metavar="NAME", help="As for train.")
@click.option("--epochs", type=int)
@click.option("--jobs", type=click.IntRange(1, 1024), help="Runs side by side [default: cores].")
@click.option("--test", is_flag=True, help="Also the test split, of the Pareto front alone.")
@click.option("--draw", is_flag=True, help="Only table and plots again, of the points there are.")
@json_option
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
        with watches.SweepWatch() as watch:
            report = search_bits(data, out, sweep, jobs=jobs, test=test, told=watch)
    give(report, json_path, lambda: console.show_sweep(report))
    if report.failures and not draw:
        raise WorkError(f"{len(report.failures)} of {report.planned} points failed")


@main.command(cls=Command)
@click.argument("graph")
@click.argument("seeds")
@click.option("--out", required=True, metavar="FILE", help="Table to write, or .npz.")
@click.option("--seed-weight", type=float, metavar="W", help="Weight of the seeds [default: 1].")
@click.option("--neighbour-weight", type=float, metavar="W",
              help="Weight of the edges [default: 0.1].")  # fmt: skip
@click.option("--prior-weight", type=float, metavar="W",
              help="Weight of the uniform distribution [default: 0.01].")  # fmt: skip
@click.option("--labels", "most_labels", type=int, metavar="K",
              help="Labels kept for a node [default: 10].")  # fmt: skip
@click.option("--steps", "most_steps", type=int, metavar="N", help="At most N steps "
              "[default: 200].")  # fmt: skip
@click.option("--tolerance", type=float, metavar="X",
              help="Stop when a step changes no score by as much [default: 0.0001].")  # fmt: skip
@click.option("--normalise", is_flag=True, help="Divide weights by the root of both nodes' sums.")
@click.option("--abandonment", is_flag=True, help="Let mixed neighbourhoods pass on less.")
@json_option
def propagate(graph: str, seeds: str, out: str, json_path: str | None, **options: Any) -> None:
    """Carry the labels of SEEDS (rows node, label) over the edges of GRAPH (source, target)."""
    from .graph import propagate_files

    check_no_run_file(out, "--out")
    with watches.StepWatch() as watch:
        report = propagate_files(graph, seeds, out, watch=watch, **given(**options))
    give(report, json_path, lambda: console.show_propagation(report))


@main.command(cls=Command)
@click.option("--recipe", metavar="NAME", help="A recipe; the default is that of --kind.")
@click.option("--kind", type=click.Choice(["text", "image", "dense"]), default="text",
              show_default=True, help="Kind of input.")  # fmt: skip
@click.option("--config", "config_file", metavar="FILE", help="JSON file with settings.")
@click.option("--schema", is_flag=True, help="The JSON schema that settings files keep to.")
def settings(recipe: str | None, kind: str, config_file: str | None, schema: bool) -> None:
    """Print whole settings, as `train` would use them, or their JSON schema."""
    from .settings import make_settings, read_config_file

    if schema:
        from .schema import settings_schema

        give(settings_schema(), "-", lambda: None)
        return
    changes = [read_config_file(config_file)] if config_file else []
    give(make_settings(kind, changes, recipe=recipe).to_json(), "-", lambda: None)


@main.command(cls=Command)
@click.option("--out", default="demo_run", show_default=True, metavar="FOLDER")
def demo(out: str) -> None:
    """Train, export and use the built-in Smart Reply sample, end to end; two or three minutes."""
    from .demo import run_demo

    run_demo(Path(out))


@main.group("smart-reply")
def smart_reply() -> None:
    """Replies to messages, from pairs of message and response."""


@smart_reply.command("evaluate", cls=Command)
@click.argument("model")
@click.argument("folder", metavar="DIR")
@click.option("--split", default="test", show_default=True, help="valid or test.")
@click.option("--plot", metavar="FILE.png", help="Draw how well scores are calibrated.")
@click.option("--baselines/--no-baselines", default=True, show_default=True,
              help="Also the most frequent replies, nearest messages and, if installed, "
              "fastText.")  # fmt: skip
@click.option("--words", metavar="FILE", help="Words that no reply may hold, instead of the "
              "shipped ones.")  # fmt: skip
@click.option("--candidates", type=click.IntRange(2, 1000), default=100, show_default=True,
              help="Responses among which the true one is ranked.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
              help="Of what is drawn: the other responses.")  # fmt: skip
@json_option
def evaluate_replies(
    model: str, folder: str, split: str, plot: str | None, json_path: str | None, **options: Any
) -> None:
    """Measure the replies of MODEL on a split of DIR, beside baselines that answer as often."""
    from .smart_reply.evaluate import evaluate_files
    from .smart_reply.reliability import check_plot, draw_reliability

    if plot is not None:
        check_plot(plot, (model, json_path))
    result = evaluate_files(model, folder, split, **options)
    if plot is not None and result.model.calibration is not None:
        draw_reliability(plot, result.model.calibration, f"{Path(model).name}, {split}")
    give(result, json_path, lambda: console.show_replies(result))


@smart_reply.command("build", cls=Command)
@click.argument("pairs")
@click.option("--out", required=True, metavar="DIR", help="Folder to write, new or empty.")
@click.option("--seeds", metavar="FILE", help="Rows of response and intent, with a tab between; "
              "otherwise chosen.")  # fmt: skip
@click.option("--intents", type=int, metavar="N", help="How many intents [default: by the number "
              "of responses, or those of --seeds].")  # fmt: skip
@click.option("--fewest", type=int, metavar="N", help="Pairs that a response needs [default: one "
              "in 50000, at least 3].")  # fmt: skip
@click.option("--words", metavar="FILE", help="Words that no reply may hold, instead of the "
              "shipped ones.")  # fmt: skip
@click.option("--confidence", "least_confidence", type=float, metavar="X",
              help="Score from which a response takes an intent [default: 0.4].")  # fmt: skip
@click.option("--silent-ratio", type=float, metavar="X", help="Rows without a reply in train, for "
              "each with one [default: 1.25].")  # fmt: skip
@click.option("--engine", metavar="NAME", help="Where the work is done: scipy, this machine alone, "
              "or spark [default: scipy].")  # fmt: skip
@click.option("--seed", type=int)
@json_option
def build_replies(pairs: str, out: str, json_path: str | None, **options: Any) -> None:
    """Find replies in PAIRS of message and response, and label messages with them.

    PAIRS is a table of two columns, a folder of train, valid and test tables, or sample. DIR is
    then DATA for train.
    """
    from .smart_reply.write import build_smart_reply

    with watches.BuildWatch() as watch:
        report = build_smart_reply(pairs, out, watch=watch, **given(**options))
    give(report, json_path, lambda: console.show_building(report))


if __name__ == "__main__":
    sys.exit(main())
