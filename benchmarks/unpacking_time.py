"""How long a packed file takes to unpack: Kotlin on the JVM, JavaScript in Node, Python.

python benchmarks/unpacking_time.py FILE.ptz [--rounds 300]

Wants Java 17 and Maven as `make android` does, and Node; what is not there is left out.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click

from pnet_tf.packing.decoder import unpack

ROOT = Path(__file__).resolve().parents[1]
OWN = Path(__file__).with_name("unpacking")


def in_java(path: str, rounds: int) -> str:
    """What UnpackingTime.java says, beside the classes of android_demo/core."""
    sys.path.insert(0, str(ROOT / "android_demo" / "tools"))
    from compiling import compile_core
    from project import class_path, prepare

    tools = prepare()
    needed = [compile_core(tools), tools.path("kotlin-stdlib")]
    with tempfile.TemporaryDirectory() as folder:
        seen = class_path([*needed, Path(folder)])
        _run("javac", "-cp", seen, "-d", folder, OWN / "UnpackingTime.java")
        return _run("java", "-cp", seen, "UnpackingTime", path, rounds)


def in_node(path: str, rounds: int) -> str:
    """What unpacking_time.mjs says."""
    return _run("node", OWN / "unpacking_time.mjs", path, rounds)


def in_python(path: str) -> str:
    """The first time and the median of five."""
    packed, times = Path(path).read_bytes(), []
    for _ in range(5):
        started = time.perf_counter()
        unpack(packed)
        times.append(1000 * (time.perf_counter() - started))
    return f"{times[0]} {statistics.median(times)}"


def measured(path: str, rounds: int) -> Iterator[tuple[str, str]]:
    """Name, and milliseconds of the first time and the median."""
    if shutil.which("javac") and shutil.which("mvn"):
        yield "Kotlin on the JVM", in_java(path, rounds)
    if shutil.which("node"):
        yield "JavaScript in Node", in_node(path, rounds)
    yield "Python", in_python(path)


def _run(*command: object) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False))
@click.option("--rounds", type=click.IntRange(1), default=300, show_default=True)
def main(path: str, rounds: int) -> None:
    """Measure the unpacking of PATH."""
    for name, found in measured(path, rounds):
        first, median = map(float, found.split())
        print(f"{name}: first {first:.1f} ms, median {median:.2f} ms")


if __name__ == "__main__":
    main()
