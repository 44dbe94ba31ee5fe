"""In place of `pnet-tf train` and `export`: copies a run and a file, hangs or fails when told."""

import os
import shutil
import sys
import time
from pathlib import Path

from pnet_tf.search.child import end_with


def value(name):
    return sys.argv[sys.argv.index(name) + 1]


def main():
    end_with(int(sys.argv[1]))
    command, sweep = sys.argv[2], Path(os.environ["STAND_IN_SWEEP"])
    target = Path(value("--out") if command == "train" else value("--tflite").rpartition("/")[0])
    with Path(os.environ["STAND_IN_LOG"]).open("a") as log:
        log.write(f"{os.getpid()} {command} {target.name} {' '.join(sys.argv[3:])}\n")
    if os.environ.get("STAND_IN_FAILS") == f"{command} {target.name}":
        sys.exit("some warning\nError: no luck")
    if os.environ.get("STAND_IN_HANGS") == f"{command} {target.name}":
        target.mkdir(parents=True)
        (target / "checkpoint.npz").write_bytes(b"half")
        time.sleep(60)
    made = sweep / ("runs/4x4-linear-s0" if command == "train" else "points/4x4-linear-s0-dynamic")
    ignored = shutil.ignore_patterns("point.json", "test.json")
    shutil.copytree(made, target, dirs_exist_ok=True, ignore=ignored)


if __name__ == "__main__":
    main()
