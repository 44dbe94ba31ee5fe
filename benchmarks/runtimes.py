"""One invocation of model files on old and new runtimes, beside a matrix product on each.

    python benchmarks/runtimes.py MODEL.tflite ... [--runs 1000] [--folder build/runtimes]

A venv for each runtime is made once under `--folder`, with the Python that
`scripts/oldest_runtime.py` finds. A ratio is the median of a file over the median of a 256x256
float32 product through the same runtime in the same process.
"""

import json
import subprocess
import sys
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
from oldest_runtime import find_python
from oldest_runtime import run as run_step

from pnet_tf.files import atomic_write_bytes
from pnet_tf.tflite.benchmark import REFERENCE_SIZE, reference_model

RUNTIMES = {
    "ai-edge-litert 2.3": ("ai-edge-litert>=2.3,<2.4",),
    "ai-edge-litert 1.4.0": ("ai-edge-litert==1.4.0",),
    "tflite-runtime 2.14.0": ("tflite-runtime==2.14.0", "numpy<2"),
}
_CHILD = Path(__file__).with_name("one_runtime.py")


def venv_python(folder: Path, packages: tuple[str, ...]) -> Path:
    """The Python of the venv with `packages`, made unless it is there."""
    done, python = folder / "installed", folder / "bin" / "python"
    if not done.exists():
        run_step([find_python(), "-m", "venv", "--clear", str(folder)])
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run_step([*pip, *packages])
        done.touch()
    return python


def measure(python: Path, files: list[Path], runs: int) -> list[float]:
    """Milliseconds of each file; ends with the runtime's own last line when it fails."""
    command = [str(python), "-I", str(_CHILD), str(runs), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise RuntimeError(lines[-1] if lines else f"exit code {done.returncode}")
    return list(json.loads(done.stdout.splitlines()[-1]))


@click.command()
@click.argument("models", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--runs", default=1000, show_default=True)
@click.option("--folder", default=Path("build/runtimes"), type=click.Path(path_type=Path))
def main(models: tuple[Path, ...], runs: int, folder: Path) -> None:
    """Print a table in Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    product = folder / "product.tflite"
    atomic_write_bytes(product, reference_model(REFERENCE_SIZE))
    print("| runtime | file | ms | of product | product, ms |\n|---|---|---|---|---|")
    for name, packages in RUNTIMES.items():
        python = venv_python(folder / name.replace(" ", "-"), packages)
        for model in models:
            try:
                own, reference = measure(python, [model, product], runs)
            except RuntimeError as error:
                print(f"| {name} | {model.name} | does not run: {error} | | |")
                continue
            print(
                f"| {name} | {model.name} | {own:.3f} | {own / reference:.2f} | {reference:.3f} |"
            )


if __name__ == "__main__":
    main()
