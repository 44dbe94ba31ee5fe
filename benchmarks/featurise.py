"""How many messages a second become bits for training: bytes and text projection.

python benchmarks/featurise.py DATA [--recipe text] [--threads 2] [--json FILE]
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import click
import numpy as np

from pnet_tf.data import encode_text, load_dataset
from pnet_tf.files import atomic_write_text
from pnet_tf.settings import read_recipe

MESSAGES = 20_000
BATCH = 512
ROUNDS = 3


@dataclass(frozen=True)
class Speed:
    """Messages a second: text to bytes, bytes to bits, and both; the best of three rounds."""

    data: str
    messages: int
    byte_length: int
    threads: int
    encode_per_second: float
    project_per_second: float
    both_per_second: float


def measure(source: str, recipe: str, threads: int) -> Speed:
    """Featurise the train split of `source`, repeated to 20,000 messages, in batches of 512."""
    from pnet_tf._keras import tf
    from pnet_tf.names import PROJECTIONS

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    settings = read_recipe(recipe)
    options = {key: value for key, value in settings["projection"].items() if key != "name"}
    layer = PROJECTIONS.get(settings["projection"]["name"])(**options)
    texts = np.resize(load_dataset(source).train.inputs, MESSAGES)
    length = settings["byte_length"]
    encode_s, encoded = _best(lambda: encode_text(texts, length).bytes)
    project = tf.function(lambda batch: tf.cast(layer(batch), tf.int8), reduce_retracing=True)
    project(tf.constant(encoded[:BATCH]))
    starts = range(0, MESSAGES, BATCH)
    project_s, _ = _best(lambda: [project(tf.constant(encoded[i : i + BATCH])) for i in starts])
    return Speed(
        data=source,
        messages=MESSAGES,
        byte_length=length,
        threads=threads,
        encode_per_second=MESSAGES / encode_s,
        project_per_second=MESSAGES / project_s,
        both_per_second=MESSAGES / (encode_s + project_s),
    )


def _best(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - started)
    return min(times), result


@click.command()
@click.argument("data")
@click.option("--recipe", default="text", show_default=True)
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
@click.option("--json", "json_path", metavar="FILE", help="Write the figures (- for stdout).")
def main(data: str, recipe: str, threads: int, json_path: str | None) -> None:
    """Measure featurising on the messages of DATA."""
    speed = measure(data, recipe, threads)
    text = json.dumps(asdict(speed), indent=1) + "\n"
    if json_path == "-":
        sys.stdout.write(text)
        return
    if json_path:
        atomic_write_text(json_path, text)
    print(
        f"{speed.both_per_second:,.0f} messages a second to bits "
        f"(bytes {speed.encode_per_second:,.0f}, projection {speed.project_per_second:,.0f}; "
        f"{speed.byte_length} bytes, {speed.threads} threads)"
    )


if __name__ == "__main__":
    main()
