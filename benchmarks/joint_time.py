"""Time of an epoch: joint training beside trainer alone plus student alone, in one run.

    python benchmarks/joint_time.py DATA [--epochs 3] [--json FILE]

Three fits of the default settings of DATA with the same data, batches and optimisers: both networks
with the three-term loss, the trainer by itself, the student by itself. The first epoch, which
traces the graphs, is left out; the figure is the median of the others.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
import numpy as np

from pnet_tf import JointData, JointFit, JointTraining, load_dataset, make_settings, plan_fit


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
    data = load_dataset(source)
    change = {"schedule": {"epochs": epochs + 1}}
    both = plan_fit(data, make_settings(data.kind, change))
    joint_s = _epoch_s(both.joint)
    alone = make_settings(data.kind, {**change, "trainer": {"name": "none"}})
    student_s = _epoch_s(plan_fit(data, alone).joint)
    trainer_s = _epoch_s(_trainer_alone(plan_fit(data, both.settings)))
    return JointTime(source, joint_s, trainer_s, student_s, joint_s / (trainer_s + student_s))


def _trainer_alone(plan: JointTraining) -> JointFit:
    """The fresh trainer of `plan` in the place of the student, at its own learning rate."""
    splits = [
        JointData(split.trainer, split.targets, cached=False)
        for split in (plan.prepared.train, plan.prepared.valid)
    ]
    schedule = plan.joint.schedule
    own = msgspec.structs.replace(schedule, learning_rate=schedule.trainer_learning_rate)
    return JointFit(plan.trainer.model, None, *splits, terms=plan.joint.terms[-1:], schedule=own)


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
