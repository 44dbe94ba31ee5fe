"""`smart-reply`: replies from pairs of message and response, and what they are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..console.smart_reply import show_building, show_replies
from ..options import given
from ..watches import BuildWatch
from .parts import Command, give, json_option


@click.group("smart-reply")
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
    from ..smart_reply.evaluate import evaluate_files
    from ..smart_reply.reliability import check_plot, draw_reliability

    if plot is not None:
        check_plot(plot, (model, json_path))
    result = evaluate_files(model, folder, split, **options)
    if plot is not None and result.model.calibration is not None:
        draw_reliability(plot, result.model.calibration, f"{Path(model).name}, {split}")
    give(result, json_path, lambda: show_replies(result))


@smart_reply.command("build", cls=Command)
@click.argument("pairs")
@click.option("--out", required=True, metavar="DIR", help="Folder to write, new or empty.")
@click.option("--seeds", metavar="FILE", help="Rows of response and intent, with a tab between; "
              "otherwise chosen.")  # fmt: skip
@click.option("--intents", type=int, metavar="N", help="How many intents [default: by the number "
              "of responses, or those of --seeds].")  # fmt: skip
@click.option("--fewest", type=int, metavar="N", help="Pairs that a response needs [default: one "
              "in 50000, at least 3].")  # fmt: skip
@click.option("--fewest-messages", type=int, metavar="N", help="Different messages that a response "
              "needs to answer [default: 3].")  # fmt: skip
@click.option("--words", metavar="FILE", help="Words that no reply may hold, instead of the "
              "shipped ones.")  # fmt: skip
@click.option("--confidence", "least_confidence", type=float, metavar="X",
              help="Score from which a response takes an intent [default: 0.4].")  # fmt: skip
@click.option("--silent-ratio", type=float, metavar="X", help="Rows without a reply in train, for "
              "each with one [default: 1.25].")  # fmt: skip
@click.option("--topics", type=int, metavar="K", help="Labels among which these rows are divided "
              "[default: one for 100 rows, at most 64].")  # fmt: skip
@click.option("--unlabelled", type=int, metavar="N", help="Further pairs, at most, whose messages "
              "are for train --unlabelled [default: 50000].")  # fmt: skip
@click.option("--engine", metavar="NAME", help="Where the work is done: scipy, this machine alone, "
              "or spark [default: scipy].")  # fmt: skip
@click.option("--seed", type=int)
@json_option
def build_replies(pairs: str, out: str, json_path: str | None, **options: Any) -> None:
    """Find replies in PAIRS of message and response, and label messages with them.

    PAIRS is a table of two columns, a folder of train, valid and test tables, or sample. DIR is
    then DATA for train.
    """
    from ..smart_reply.write import build_smart_reply

    with BuildWatch() as watch:
        report = build_smart_reply(pairs, out, watch=watch, **given(**options))
    give(report, json_path, lambda: show_building(report))
