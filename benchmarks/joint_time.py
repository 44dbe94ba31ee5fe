"""Time of an epoch: joint training beside trainer alone plus student alone, in one run.

    python benchmarks/joint_time.py DATA [--epochs 3] [--json FILE]

Three fits of the default settings of DATA with the same data, batches and optimisers: both networks
with the three-term loss, the trainer by itself, the student by itself. The first epoch, which
traces the graphs, is left out; the figure is the median of the others.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pnet_tf.data import Dataset, load_dataset
from pnet_tf.joint import JointData, JointFit
from pnet_tf.losses import JointLoss
from pnet_tf.model import build_student
from pnet_tf.preparation import prepare
from pnet_tf.schedule import Schedule
from pnet_tf.settings import make_settings
from pnet_tf.trainers import Trainer, build_trainer


@dataclass(frozen=True)
class JointTime:
    """Median seconds of an epoch, and joint / (trainer + student)."""

    data: str
    joint_s: float
    trainer_s: float
    student_s: float
    ratio: float


def measure(source: str, epochs: int) -> JointTime:
    """The three fits of `source`, one after the other."""
    data = load_dataset(source, seed=0)
    settings = make_settings(data.kind)
    config = _config(data, settings)
    student, trainer = build_student(config), _trainer(data, settings)
    prepared = prepare(config, data, student, trainer)
    both = (prepared.train, prepared.valid)
    schedule = replace(Schedule(**settings["schedule"]), epochs=epochs + 1)
    loss = JointLoss(**settings["loss"])
    joint = _epoch_s(JointFit(student, trainer.model, *both, loss=loss, schedule=schedule))
    alone = [replace(split, trainer=None) for split in both]
    student = build_student(config)
    student_s = _epoch_s(JointFit(student, None, *alone, loss=loss, schedule=schedule))
    taught = [JointData(split.trainer, split.targets, cached=False) for split in both]
    network = _trainer(data, settings).model
    own = replace(schedule, learning_rate=schedule.trainer_learning_rate)
    trainer_s = _epoch_s(JointFit(network, None, *taught, loss=loss, schedule=own))
    return JointTime(source, joint, trainer_s, student_s, joint / (trainer_s + student_s))


def _config(data: Dataset, settings: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {"kind": data.kind, "shape": list(data.input_shape)}
    if data.kind == "text":
        given = {"kind": data.kind, "byte_length": settings["byte_length"]}
    return {
        "input": given,
        "outputs": len(data.labels),
        "projection": settings["projection"],
        "head": settings["head"],
        **{key: settings[key] for key in ("qat", "prune", "cluster")},
        "settings": settings,
    }


def _trainer(data: Dataset, settings: Mapping[str, Any]) -> Trainer:
    return build_trainer(
        settings["trainer"]["name"],
        kind=data.kind,
        task=data.task,
        outputs=len(data.labels),
        input_shape=data.input_shape,
        train_inputs=data.train.inputs,
    )


def _epoch_s(fit: JointFit) -> float:
    return float(np.median([row["seconds"] for row in fit.run().history[1:]]))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    text = json.dumps(asdict(measure(args.data, args.epochs)), indent=1)
    if args.json:
        args.json.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
