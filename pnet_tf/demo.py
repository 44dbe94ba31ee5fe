"""`pnet-tf demo`: the whole chain on the built-in Smart Reply sample."""

from __future__ import annotations

from pathlib import Path

from .console.files import show_evaluation, show_export, show_predictions
from .console.runs import show_training
from .console.screen import say
from .data import load_split
from .errors import InputError
from .runs.export import export_run
from .runs.train import train
from .tflite.evaluate import evaluate_model
from .tflite.model import load_model
from .watches import TrainingWatch

SAMPLE = "smart-reply"
MESSAGES = (
    "where r u??",
    "happy bday!! 🎂",
    "running 10 min late sry",
    "wanna grab lunch tmrw?",
    "thx so much for ur help",
    "i passed my exam!!!",
    "can u pick up milk on ur way home",
    "nite, sleep well",
)


def step(text: str) -> None:
    """A line apart from what stands above it."""
    say("")
    say(text)


def run_demo(out: Path) -> None:
    """Train, export, evaluate and use the sample's model; everything is written below `out`."""
    if out.exists():
        raise InputError(f"{out} exists already; give another --out or remove it")
    out.mkdir(parents=True)
    run, model_file = out / "run", out / "smart_reply.tflite"
    say(f"1. Training on the sample {SAMPLE!r}: a trainer and a projection network, jointly.")
    say("   This takes two or three minutes on two cores; the other steps take seconds.")
    with TrainingWatch() as watch:
        show_training(train(SAMPLE, run, watch=watch))
    step("2. Exporting the projection network alone.")
    show_export(export_run(run, model_file))
    step("3. The file on the test split.")
    model = load_model(model_file)
    meta = model.metadata
    split = load_split(SAMPLE, "test", labels=meta.labels, spec=meta.input_spec, task=meta.task)
    show_evaluation(evaluate_model(model, split))
    step("4. Replies to a few messages, by the file.")
    show_predictions(model.predict(MESSAGES, top=1))
    step(f'The model is {model_file}. Try: pnet-tf predict {model_file} "c u soon"')
