"""The networks that are kept: the checked file of each, its settings and what is known of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..data import Dataset
from ..errors import InputError, WorkError
from ..export.pipeline import Exported, export_student
from ..export.quantize import trained_mode
from ..files import atomic_write_bytes, atomic_write_text, read_text
from ..fronts import net_score, pareto_front
from ..parsing import parse
from ..tflite.modes import AUTO
from .generator import Generator
from .measure import CALIBRATION, file_facts
from .records import Record
from .requirements import ACCURACY, broken
from .space import Network, SearchSpace
from .trial import Trained

MODEL, SETTINGS, FACTS = "model.tflite", "settings.json", "network.json"


@dataclass(frozen=True)
class Kept:
    """A network with a checked file in `folder`; `facts` are those of that file.

    `accuracy` is the file's on valid, `epochs` of its training, `test_accuracy` None until test is
    read.
    """

    number: int
    folder: str
    network: Network
    accuracy: float
    size_bytes: int
    macs: int
    facts: Mapping[str, float]
    oldest_runtime: str
    epochs: int
    test_accuracy: float | None = None


def keep(
    folder: Path,
    data: Dataset,
    generator: Generator,
    record: Record,
    trained: Trained,
    keep_accuracy: float | None = None,
) -> Kept | None:
    """Export a trained network and write it; None where its file breaks a limit after all.

    With `keep_accuracy` each layer is stored in the bits that `export` by `quantize` auto finds, if
    the network was not trained for some bits and the file keeps the limits so.
    """
    found = None
    if keep_accuracy is not None and trained_mode(trained.student) == "none":
        few = {"quantize": AUTO.name, "keep_accuracy": keep_accuracy}
        found = _exported(data, generator, trained, few)
    found = found or _exported(data, generator, trained, {})
    if found is None:
        return None
    exported, facts = found
    report = exported.report
    kept = Kept(
        record.number, f"networks/{record.number:04d}", record.network, facts[ACCURACY],
        report.size_bytes, report.macs, facts, report.oldest_runtime, int(record.epochs),
    )  # fmt: skip
    into = folder / kept.folder
    into.mkdir(parents=True, exist_ok=True)
    atomic_write_bytes(into / MODEL, exported.content)
    settings = generator.settings(record.network).to_json()
    atomic_write_text(into / SETTINGS, json.dumps(settings, indent=1) + "\n")
    write_kept(folder, kept)
    return kept


def _exported(
    data: Dataset, generator: Generator, trained: Trained, options: Mapping[str, Any]
) -> tuple[Exported, dict[str, float]] | None:
    """The checked file and its facts; None where it breaks a limit."""
    try:
        found = export_student(
            trained.student, data.labels, data.valid.inputs, targets=data.valid.targets,
            calibration=data.train.inputs[:CALIBRATION], spec=trained.spec, **options,
        )  # fmt: skip
    except WorkError:
        return None
    report, wanted = found.report, {one.name for one in generator.requirements}
    facts = {
        "bytes": float(report.size_bytes), "macs": float(report.macs),
        ACCURACY: float(report.valid.tflite or 0.0), **file_facts(found.content, wanted),
    }  # fmt: skip
    return None if broken(generator.requirements, facts) else (found, facts)


def write_kept(folder: Path, kept: Kept) -> None:
    """Its facts, which make it count as kept."""
    text = json.dumps(asdict(kept), indent=1) + "\n"
    atomic_write_text(folder / kept.folder / FACTS, text)


def read_kept(folder: Path) -> list[Kept]:
    """All that a folder has, in order; raises InputError for a damaged one."""
    return [_read(place) for place in sorted(folder.glob(f"networks/*/{FACTS}"))]


def _read(place: Path) -> Kept:
    try:
        found = parse(json.loads(read_text(place)), Kept)
    except ValueError as error:
        raise InputError(f"{place} is damaged: {error}") from None
    if found.folder != f"networks/{place.parent.name}":
        raise InputError(f"{place} is damaged: it is of {found.folder!r}")
    return found


def front_of(kept: Sequence[Kept]) -> list[Kept]:
    """Those that no other beats in bytes and accuracy, by rising size."""
    places = pareto_front([one.size_bytes for one in kept], [one.accuracy for one in kept])
    return [kept[place] for place in places]


def worth_keeping(record: Record, kept: Sequence[Kept], networks: int) -> bool:
    """Whether a trained network may be handed out: few are kept, or it is on the front of them."""
    if len(kept) < networks:
        return True
    size = record.facts["bytes"]
    return not any(one.size_bytes <= size and one.accuracy >= (record.accuracy or 0.0)
                   for one in kept)  # fmt: skip


def handed_out(kept: Sequence[Kept], space: SearchSpace, networks: int, utility: str) -> list[Kept]:
    """At most so many, no two of one structure: by utility, where that is hypervolume the front."""
    front = front_of(kept)
    if utility == "hypervolume":
        rest = sorted((one for one in kept if one not in front), key=_net_score, reverse=True)
        ordered = [*_spread(front, networks), *rest]
    else:
        key = _net_score if utility == "netscore" else lambda one: one.accuracy
        ordered = sorted(kept, key=key, reverse=True)
    found: dict[Any, Kept] = {}
    for one in ordered:
        found.setdefault(space.structure(one.network), one)
    return sorted(list(found.values())[:networks], key=lambda one: one.size_bytes)


def _net_score(one: Kept) -> float:
    return net_score(one.accuracy, one.size_bytes, one.macs)


def _spread(front: Sequence[Kept], networks: int) -> list[Kept]:
    """Members of a front from its smallest to its most accurate, that one always among them."""
    if len(front) <= networks:
        return list(front)
    places = {round(number * (len(front) - 1) / max(networks - 1, 1))
              for number in range(networks)} | {len(front) - 1}  # fmt: skip
    return [front[place] for place in sorted(places, reverse=True)]


def read_test(folder: Path, kept: Sequence[Kept], data: Dataset) -> list[Kept]:
    """`kept` with the accuracy of each file on test, where the data have one."""
    from dataclasses import replace

    from ..tflite.evaluate import evaluate_model
    from ..tflite.model import load_model

    if data.test is None:
        return list(kept)
    found = []
    for one in kept:
        if one.test_accuracy is None:
            model = load_model(folder / one.folder / MODEL, trusted=True)
            one = replace(one, test_accuracy=evaluate_model(model, data.test).accuracy)
            write_kept(folder, one)
        found.append(one)
    return found
