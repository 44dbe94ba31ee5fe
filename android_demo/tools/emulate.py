"""The AAR's libraries for other machines, run under user-mode emulation on the vectors."""

from __future__ import annotations

import array
import json
from pathlib import Path

import bionic
from project import BUILD, Tools, fresh
from running import run


def emulate(tools: Tools, samples: Path) -> None:
    """Scores of the sample model by the ARM libraries, beside it as `ABI.json`.

    The tests of `runtime` compare them with the vectors and choose replies by them.
    """
    stored = json.loads((samples / "vectors.json").read_text(encoding="utf-8"))
    size = stored["input"]["byte_length"]
    inputs = samples / "inputs.bin"
    rows = [bytes(vector["bytes"]).ljust(size, b"\0") for vector in stored["vectors"]]
    inputs.write_bytes(b"".join(rows))
    for machine in (bionic.ARM64, bionic.ARMV7):
        scores = _scores(tools, machine, samples / "model.tflite", inputs)
        labels = len(stored["labels"])
        table = [list(scores[at : at + labels]) for at in range(0, len(scores), labels)]
        (samples / f"{machine.abi}.json").write_text(json.dumps(table), encoding="utf-8")
        print(f"{machine.abi}: {len(table)} vectors under {machine.emulator[0]}", flush=True)


def _scores(tools: Tools, machine: bionic.Machine, model: Path, inputs: Path) -> array.array[float]:
    folder = fresh(BUILD / "bionic" / machine.abi)
    library = tools.library(machine.abi)
    bionic.build(library, machine, folder)
    runner, out = folder / "runner", folder / "scores.bin"
    source = bionic.SOURCES / "runner.c"
    run(machine.compiler, *machine.flags, "-O1", "-w", "-o", runner, source, "-ldl")
    run(*machine.emulator, runner, folder, library, model, inputs, out)
    found = array.array("f")
    found.frombytes(out.read_bytes())
    return found
