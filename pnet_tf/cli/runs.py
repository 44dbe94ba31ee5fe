"""Commands that train: a run directory, what its trainer says, what it would learn from next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from ..console.runs import show_labels_next, show_teaching, show_training
from ..errors import InputError
from ..names import HEADS, PROJECTIONS, TRAINERS
from ..options import options_to_settings
from ..settings import QAT_MODES
from ..watches import TrainingWatch
from .parts import Command, Named, consent, give, json_option, shown_embedding, trust_option


class _Train(Command):
    """`train`, whose help ends with the recipes and the forms of DATA."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Both lists, as they stand."""
        from ..data import describe_formats
        from ..settings import read_recipe, recipe_names

        recipes = [(name, read_recipe(name)["description"]) for name in recipe_names()]
        with formatter.section("DATA is one of"):
            formatter.write_dl([("", line) for line in describe_formats()])
        with formatter.section("Recipes"):
            formatter.write_dl(recipes)


@click.command(cls=_Train)
@click.argument("data")
@click.option("--out", required=True, metavar="RUN", help="Run directory to write.")
@click.option("--recipe", metavar="NAME", help="Named settings, listed below; the default fits "
              "the kind of input.")  # fmt: skip
@click.option("--config", "config_file", metavar="FILE", help="JSON file with settings.")
@click.option("--task", type=click.Choice(["classification", "regression"]))
@click.option(
    "--trainer",
    metavar="NAME",
    cls=Named,
    table=TRAINERS,
    more="none, ensemble:a+b or module:function",
)
@click.option("--encoder", metavar="SOURCE", help="What the trainer encoder knows the language by: "
              "the folder of an ONNX export, or package:NAME.")  # fmt: skip
@click.option("--teacher-logits", metavar="NPZ", help="Stored teacher logits instead of a trainer.")
@click.option("--graph", metavar="EDGES", help="Learn from edges between messages, or an .npz of "
              "edges and x, the inputs of its nodes; train labels some of them.")  # fmt: skip
@click.option("--unlabelled", metavar="FILE", help="Inputs without labels, which the trainer "
              "answers: a table of messages, a folder of images, or an .npz with x.")  # fmt: skip
@click.option("--unlabelled-ratio", type=float, metavar="X", help="Of them in a step for each "
              "example of DATA [default: 4 for texts, else 1].")  # fmt: skip
@click.option("--labels-per-class", type=int, metavar="K", help="Hide all but K labels of each "
              "class of train, drawn with --seed; the other examples are unlabelled.")  # fmt: skip
@click.option("--trainer-weights", metavar="RUN", help="Start from the trainer of another run.")
@click.option("--trainer-first/--jointly", default=None, help="The trainer learns alone and the "
              "student then from its answers, or both at once [default: at once, but for texts and "
              "images with --unlabelled].")  # fmt: skip
@click.option("--freeze-trainer", is_flag=True, help="Do not train the trainer.")
@click.option("--projection", metavar="NAME", cls=Named, table=PROJECTIONS)
@click.option("--projections", type=int, metavar="T", help="Number of projection functions.")
@click.option("--bits", type=int, metavar="D", help="Bits of each function (text: of each token).")
@click.option("--head", metavar="NAME", cls=Named, table=HEADS)
@click.option("--hidden", metavar="N,N", help="Units of the dense head; 0 for a linear head.")
@click.option("--bytes", "byte_length", type=int, metavar="N", help="Bytes of a message.")
@click.option(
    "--lambdas", metavar="L1,L2,L3|TERM=L,...",
    help="Weights of the loss terms trainer, distillation, projection; or of any by name: "
         "distillation=1,representation=10.",
)  # fmt: skip
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
@click.option("--cluster", type=int, metavar="N", help="Values of a matrix beside zeros, 2..256.")
@click.option("--seed", type=int)
@click.option("--resume", is_flag=True, help="Go on with RUN from its last checkpoint.")
@trust_option
@json_option
def train(
    data: str, out: str, resume: bool, trust: bool, json_path: str | None, **options: Any
) -> None:
    """Train a trainer and a projection network jointly on DATA."""
    from ..runs.train import resume as go_on
    from ..runs.train import train as start

    with shown_embedding(), TrainingWatch() as watch:
        if resume:
            _check_resume(options)
            report = go_on(data, out, watch=watch, trust=consent(trust))
        else:
            report = start(data, out, options_to_settings(options), task=options["task"],
                           recipe=options["recipe"], watch=watch, trust=consent(trust))  # fmt: skip
    give(report, json_path, lambda: show_training(report))


def _check_resume(options: Mapping[str, Any]) -> None:
    given = [name for name, value in options.items() if value not in (None, False)]
    if given:
        raise InputError(
            f"--resume goes on with the settings of the run; leave out {', '.join(given)}"
        )


@click.command(cls=Command)
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
    from ..runs.teach import store_teacher_logits

    with shown_embedding():
        report = store_teacher_logits(run_paths, data, out, trust=consent(trust))
    give(report, json_path, lambda: show_teaching(report))


@click.command("label-next", cls=Command)
@click.argument("run")
@click.argument("unlabelled")
@click.option("--count", type=int, default=50, show_default=True, help="Inputs to list.")
@click.option("--out", metavar="FILE", help="Table to write and fill in, a .csv or .tsv.")
@click.option("--data", metavar="DATA", help="Where the data of RUN lie now, if elsewhere.")
@trust_option
@json_option
def label_next(
    run: str, unlabelled: str, count: int, out: str | None, data: str | None, trust: bool,
    json_path: str | None,
) -> None:  # fmt: skip
    """List the inputs of UNLABELLED whose label would teach RUN the most.

    UNLABELLED is what train --unlabelled takes. Inputs that the data of RUN have are left out.
    """
    from ..runs.label_next import label_next_run

    with shown_embedding():
        report = label_next_run(run, unlabelled, count, out=out, data=data, trust=consent(trust))
    give(report, json_path, lambda: show_labels_next(report))
