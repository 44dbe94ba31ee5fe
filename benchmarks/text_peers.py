"""Text classifiers beside each other on one data set: accuracy, size and latency.

    python benchmarks/text_peers.py DATA [MODEL.tflite ...] [--damage SEED] [--json FILE]

DATA is what `pnet-tf train` takes. Every peer learns from the train split alone; one thread.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import click
from peers import (
    Messages,
    Peer,
    accuracy,
    damaged,
    fasttext_peers,
    linear_svm,
    median_ms,
    test_messages,
    tflite_answer,
)

from pnet_tf.data import load_dataset
from pnet_tf.files import atomic_write_text
from pnet_tf.tflite.benchmark import benchmark, reference_ms
from pnet_tf.tflite.model import load_model
from pnet_tf.tflite.runtime import find_runtime


@dataclass(frozen=True)
class Row:
    """One classifier's figures; `latency_ratio` is `p50_ms` over the reference product's time.

    `invoke_p50_ms` and `arena_bytes` are those of a .tflite in its runtime, None for the others.
    """

    name: str
    accuracy: float
    damaged_accuracy: float | None
    size_bytes: int
    size_of: str
    p50_ms: float
    latency_ratio: float | None
    invoke_p50_ms: float | None = None
    arena_bytes: int | None = None


@dataclass(frozen=True)
class Table:
    """All rows, and what stood beside them; `reference_ms`: a 256x256 float product."""

    data: str
    examples: int
    labels: int
    damage_seed: int | None
    runtime: str
    reference_ms: float | None
    rows: tuple[Row, ...]


def measure(source: str, models: Sequence[str], damage_seed: int | None) -> Table:
    """Train the peers on `source`, load the model files, and measure all of them alike."""
    data = load_dataset(source)
    if data.kind != "text":
        raise SystemExit(f"{source}: holds {data.kind} inputs; text is needed")
    messages, runtime = test_messages(data), find_runtime()
    hard = None if damage_seed is None else damaged(messages, damage_seed)
    peers = [*fasttext_peers(data), linear_svm(data)]
    rows = [_row(peer, messages, hard, reference_ms(runtime)) for peer in peers]
    rows += [_model_row(path, messages, hard) for path in models]
    return Table(
        data=data.name,
        examples=len(messages.texts),
        labels=len(data.labels),
        damage_seed=damage_seed,
        runtime=runtime.name,
        reference_ms=reference_ms(runtime),
        rows=tuple(rows),
    )


def _row(peer: Peer, messages: Messages, hard: Messages | None, reference: float | None) -> Row:
    p50_ms = median_ms(peer.answer, messages.texts)
    return Row(
        name=peer.name,
        accuracy=accuracy(peer.answer, messages),
        damaged_accuracy=accuracy(peer.answer, hard) if hard else None,
        size_bytes=peer.size_bytes,
        size_of=peer.size_of,
        p50_ms=p50_ms,
        latency_ratio=p50_ms / reference if reference else None,
    )


def _model_row(path: str, messages: Messages, hard: Messages | None) -> Row:
    """Latency is from the message as a string; the runtime's own share is given beside it."""
    answer, figures = tflite_answer(load_model(path)), benchmark(path)
    peer = Peer(Path(path).name, answer, Path(path).stat().st_size, "file")
    row = _row(peer, messages, hard, figures.reference_ms)
    return Row(
        **{**asdict(row), "invoke_p50_ms": figures.p50_ms, "arena_bytes": figures.arena_bytes}
    )


def markdown(table: Table) -> str:
    """The table for a README; ratios are to the quantised fastText's size and the reference."""
    small = next(row.size_bytes for row in table.rows if "quantised" in row.name)
    lines = [
        f"{table.data}: {table.examples} test messages, {table.labels} labels; {table.runtime}, "
        f"one thread; 256x256 float product {_number(table.reference_ms, 3)} ms",
        "",
        "| | accuracy % | damaged % | KB | of .ftz | ms | of product | in runtime, ms | arena KB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_line(row, small) for row in table.rows)])


def _line(row: Row, small: int) -> str:
    cells = (
        row.name,
        _number(row.accuracy * 100, 1),
        _number(row.damaged_accuracy, 1, 100),
        f"{row.size_bytes / 1000:,.0f}",
        f"{row.size_bytes / small:.2f}",
        _number(row.p50_ms, 3),
        _number(row.latency_ratio, 2),
        _number(row.invoke_p50_ms, 3),
        _number(row.arena_bytes, 0, 1e-3),
    )
    return f"| {' | '.join(cells)} |"


def _number(value: float | None, digits: int, factor: float = 1.0) -> str:
    return "" if value is None else f"{value * factor:.{digits}f}"


@click.command()
@click.argument("data")
@click.argument("models", nargs=-1, metavar="[MODEL.tflite]...")
@click.option("--damage", "damage_seed", type=int, metavar="SEED", help="Also with typing errors.")
@click.option("--json", "json_path", metavar="FILE", help="Write the figures (- for stdout).")
def main(
    data: str, models: tuple[str, ...], damage_seed: int | None, json_path: str | None
) -> None:
    """Measure fastText, a linear SVM and model files on the test split of DATA."""
    table = measure(data, models, damage_seed)
    text = json.dumps(asdict(table), indent=1) + "\n"
    if json_path == "-":
        sys.stdout.write(text)
        return
    if json_path:
        atomic_write_text(json_path, text)
    print(markdown(table))


if __name__ == "__main__":
    main()
