"""The model that the tests run with: made of the project's sample of conversations."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from project import BUILD, ROOT
from running import run

TRIGGER_RATE = 0.6


def sample_model() -> Path:
    """The folder with `model.tflite` and `vectors.json`, made once, in about two minutes.

    Beside them `model.ptz`, the model packed, and `packed.json`, the vectors of packing.
    """
    folder = BUILD / "sample"
    if not (folder / "vectors.json").is_file():
        _train(folder)
    _pnet_tf("pack", folder / "model.tflite", "--out", folder / "model.ptz")
    shutil.copy(ROOT.parent / "tests" / "packing" / "vectors.json", folder / "packed.json")
    return folder


def _train(folder: Path) -> None:
    print("training the sample model: about two minutes", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    chat, trained = folder / "chat", folder / "run"
    _pnet_tf("smart-reply", "build", "sample", "--out", chat)
    _pnet_tf(
        "train",
        chat,
        "--trainer",
        "none",
        "--recipe",
        "text-small",
        "--epochs",
        8,
        "--out",
        trained,
    )
    _pnet_tf(
        "export", trained, "--tflite", folder / "model.tflite", "--trigger-rate", TRIGGER_RATE,
        "--vectors", folder / "vectors.json",
    )  # fmt: skip


def _pnet_tf(*arguments: object) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT.parent)}
    run(
        sys.executable,
        "-P" if sys.version_info >= (3, 11) else "-s",
        "-m",
        "pnet_tf",
        *arguments,
        env=env,
    )
