"""Models with their pages and vectors, and reports, for the browser tests.

    python tests/page/browser/make_pages.py FOLDER

A model that is there already is not trained again. LiteRT.js is written beside them as a module
of Node and its wasm.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT))

from pnet_tf.export.shrink import shrink  # noqa: E402
from pnet_tf.files import atomic_write_bytes  # noqa: E402
from pnet_tf.page.litert import read_litert  # noqa: E402
from pnet_tf.page.make import write_page  # noqa: E402
from pnet_tf.report.make import write_report  # noqa: E402
from pnet_tf.runs.export import export_run  # noqa: E402
from pnet_tf.runs.train import train  # noqa: E402
from pnet_tf.search.records import Point, make_report, write_table  # noqa: E402
from pnet_tf.smart_reply.write import build_smart_reply  # noqa: E402
from pnet_tf.tflite.metadata import read_metadata, write_metadata  # noqa: E402
from pnet_tf.tflite.model import load_bytes  # noqa: E402
from pnet_tf.tflite.vectors import make_vectors  # noqa: E402
from tests.tflite.small_models import (  # noqa: E402
    BYTES,
    convert,
    double_and_sum,
    text_metadata,
    text_top_k,
)

RECORDED = ROOT / "tests" / "recorded"
NASTY = "<img src=x onerror=\"document.title='injected'\"></script><b>\x1b[31mred\u202e"


def chat(folder: Path) -> bytes:
    """A small Smart Reply file, after a minute of training."""
    build_smart_reply("sample", folder / "chat")
    changes = {"schedule": {"epochs": 3}, "trainer": {"name": "none"}}
    train(str(folder / "chat"), folder / "chat_run", changes, recipe="text-small")
    export_run(folder / "chat_run", folder / "exported.tflite", trigger_rate=0.6)
    return (folder / "exported.tflite").read_bytes()


def digits(folder: Path) -> bytes:
    """A small file for images, of a run with a trainer."""
    train("digits", folder / "digits_run", {"schedule": {"epochs": 8}})
    export_run(folder / "digits_run", folder / "exported.tflite")
    return (folder / "exported.tflite").read_bytes()


def nasty(folder: Path) -> bytes:
    """A text file whose labels and replies hold markup, escapes and a turn of direction."""
    content = (RECORDED / "text.tflite").read_bytes()
    metadata = read_metadata(content)
    labels = tuple(f"{number} {NASTY}" for number in range(len(metadata.labels)))
    given = {label: (f"{label} reply",) for label in labels}
    return write_metadata(content, replace(metadata, labels=labels, replies=given))


def top_k(folder: Path) -> bytes:
    """A text file that gives its two best labels."""
    model = convert(text_top_k, (BYTES,), "uint8", "bytes")
    return write_metadata(shrink(model), text_metadata(top_k=2))


def values(folder: Path) -> bytes:
    """Three numbers in, two values out."""
    model = convert(double_and_sum, (3,), "float32", "features")
    details = {"input": {"kind": "dense", "shape": [3]}, "labels": (), "task": "regression"}
    return write_metadata(shrink(model), text_metadata(**details, replies={}))


def sweep(folder: Path) -> Path:
    """A sweep as `bits` leaves it; its figures are made up."""
    sizes = {"int4": 5_000, "int8": 7_000, "dynamic": 8_000}
    points = [
        Point(f"{t}x12-linear-s0-{mode}", t, 12, "linear", 0, 0, mode, 12 * t, 120 * t,
              size + 90 * t, 0.95 - 1 / t - (mode == "int4") / 50, 500, 0.1, 4.0)
        for t in (8, 15, 30, 60)
        for mode, size in sizes.items()
    ]  # fmt: skip
    (folder / "sweep").mkdir(exist_ok=True)
    write_table(folder / "sweep", make_report({"data": "digits"}, len(points), points, ()))
    return folder / "sweep"


def rows_of_numbers(folder: Path) -> str:
    """Inputs of the file of values, with targets that it misses by a little."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    outputs = load_bytes((folder / "values.tflite").read_bytes()).scores(x)
    y = (outputs + rng.normal(size=outputs.shape) / 5).astype(np.float32)
    path = folder / "values.npz"
    np.savez(path, x_train=x, y_train=y, x_test=x, y_test=y)
    return str(path)


def reports(folder: Path) -> None:
    """Of runs with and without a file of their own, of files, of a sweep."""
    pages = {
        "report_digits": (folder / "digits_run", {"data": "digits"}),
        "report_chat": (folder / "chat_run", {"tflite": folder / "chat.tflite"}),
        "report_text": (RECORDED / "text.tflite", {"data": str(RECORDED / "said.csv")}),
        "report_values": (folder / "values.tflite", {"data": rows_of_numbers(folder)}),
        "report_nasty": (folder / "nasty.tflite", {}),
        "report_sweep": (sweep(folder), {}),
    }
    for name, (source, options) in pages.items():
        print(write_report(source, folder / f"{name}.html", **options))


MODELS = {
    "text": lambda folder: (RECORDED / "text.tflite").read_bytes(),
    "image": lambda folder: (RECORDED / "image.tflite").read_bytes(),
    "chat": chat,
    "digits": digits,
    "nasty": nasty,
    "top_k": top_k,
    "values": values,
}


def main(folder: Path) -> None:
    """All models with a page and vectors each, the reports, and LiteRT.js."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in MODELS.items():
        model = folder / f"{name}.tflite"
        if not model.is_file():
            atomic_write_bytes(model, make(folder))
        make_vectors(model.read_bytes()).save(folder / f"{name}.json")
        print(write_page(model, folder / f"{name}.html"))
    reports(folder)
    litert = read_litert()
    (folder / "litert.cjs").write_text(f"{litert.script}module.exports = {{ openLibrary }};\n")
    (folder / "litert.wasm.gz").write_bytes(litert.wasm)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
