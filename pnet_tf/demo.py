"""`pnet-tf demo`: from the built-in conversations to a file that offers replies or stays silent."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from .console.files import show_export, show_predictions
from .console.runs import show_training
from .console.screen import say
from .console.smart_reply import show_building, show_replies
from .errors import InputError
from .runs.export import export_run
from .runs.train import train
from .smart_reply.evaluate import evaluate_files
from .smart_reply.write import build_smart_reply
from .tflite.model import TFLiteModel, load_model
from .watches import BuildWatch, TrainingWatch

PAIRS = "sample"
TRIGGER_RATE = 0.6
SETTINGS = {"schedule": {"epochs": 20}}
"""Half the epochs of the default: as good on this sample, in half the time."""
MESSAGES = (
    "Been standing outside the cinema for ten minutes, where are you?",
    "are you still at the office?",
    "Do you need anything from the store?",
    "Would you mind closing the window?",
    "thank you sooo much for helping me move",
    "we won the match!!!",
    "sorry, I totally forgot to call you back",
    "Your parcel will be delivered between 2 and 4 pm.",
)
EXPLAINED = "want to come over and watch the game tonight?"


def run_demo(out: Path) -> None:
    """Build, train, export, evaluate and use the sample; everything is written below `out`."""
    try:
        out.mkdir(parents=True)
    except FileExistsError:
        raise InputError(f"{out} exists already; give another --out or remove it") from None
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or error
        raise InputError(f"{out} cannot be made: {problem}") from None
    folder, run, file = out / "chat", out / "run", out / "chat.tflite"
    say("1. Replies from the sample of conversations, pairs of a message and its response.")
    with BuildWatch() as watch:
        show_building(build_smart_reply(PAIRS, folder, watch=watch))
    _step("2. Training a trainer and a projection network, jointly: two or three minutes on")
    say("   two cores. Several replies fit a message: step 4 says more than accuracy does.")
    with TrainingWatch() as bar:
        show_training(train(str(folder), run, [SETTINGS], watch=bar))
    _step(f"3. Exporting the projection network alone, to answer {TRIGGER_RATE:.0%} of messages.")
    show_export(export_run(run, file, trigger_rate=TRIGGER_RATE))
    _step("4. The replies of the file on the valid split, beside two simple methods.")
    show_replies(evaluate_files(file, folder, "valid"))
    _answer(load_model(file))
    _go_on(file, out)


def _answer(model: TFLiteModel) -> None:
    """Replies to messages that are not in the sample."""
    _step("5. Replies of the file to new messages: three at most, or silence where none fits.")
    answers = model.predict(MESSAGES, top=1)
    show_predictions([replace(answer, predictions=()) for answer in answers])
    _step("6. And why these, to one more message.")
    show_predictions(model.predict((EXPLAINED,), top=1), explain=True)


def _go_on(file: Path, out: Path) -> None:
    """The commands for what one may want next."""
    chat, run = out / "my_chat", out / "my_run"
    _step("Ask it yourself:")
    _command("predict", file, "thanks a lot!!", "--explain")
    say("With your own pairs, a table of two columns, message and response:")
    _command("smart-reply", "build", "pairs.tsv", "--out", chat)
    _command("train", chat, "--out", run)
    _command("export", run, "--tflite", out / "my_chat.tflite", "--trigger-rate", "0.4")


def _step(text: str) -> None:
    """A line apart from what stands above it."""
    say("")
    say(text)


def _command(*words: object) -> None:
    say("  " + shlex.join(["pnet-tf", *map(str, words)]))
