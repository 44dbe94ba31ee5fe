"""Build and test the apps without Gradle:

    python android_demo/tools/build.py [STEP ...]

Steps: `test` (JUnit of core and runtime, the ARM libraries emulated), `apk` (both apps, signed and
checked), `screens` (Robolectric with the real activities, screenshots), `lint`; all of them unless
given. Needs Debian's packages that README.md names, Java 17, Maven, and pnet_tf in this Python.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import apk
from checks import check_apk
from compiling import compile_core, compile_java, compile_kotlin, main_sources
from emulate import emulate
from project import APPS, BUILD, ROOT, Tools, fresh, prepare
from running import BuildError, run
from sample import sample_model
from testing import Compiled, compile_testing, test_app, test_module

STEPS = ("lint", "test", "apk", "screens")
SAMPLES = {"mobile": "model.tflite", "wear": "model.ptz"}
"""The same model in both apps, in one of them packed."""


def main(steps: Sequence[str]) -> None:
    """Take the steps that were asked for."""
    unknown = set(steps) - set(STEPS)
    if unknown:
        raise BuildError(f"no step {min(unknown)}; there are {', '.join(STEPS)}")
    tools = prepare()
    asked = steps or STEPS
    if "lint" in asked:
        lint(tools)
    if set(asked) - {"lint"}:
        build(tools, asked)


def lint(tools: Tools) -> None:
    """Run ktlint over all Kotlin, the Gradle files too."""
    run("java", "-jar", tools.path("ktlint-cli"), "--relative", "**/*.kt", "**/*.kts", folder=ROOT)
    print("ktlint: nothing to say", flush=True)


def build(tools: Tools, steps: Sequence[str]) -> None:
    """Everything that wants the sample model."""
    samples = sample_model()
    android, tflite = tools.path("android-all"), tools.jars("tflite")
    core = compile_core(tools)
    needed = [core, *tflite, android]
    runtime = compile_kotlin(tools, "runtime", [main_sources("runtime")], needed)
    shared = {"core": core, "runtime": runtime}
    if "test" in steps:
        emulate(tools, samples)
        built = Compiled(tools, shared | {"testing": compile_testing(tools, core)}, samples)
        test_module(built, "core")
        test_module(built, "runtime")
    for app in APPS:
        if {"apk", "screens"} & set(steps):
            build_app(tools, app, shared, samples, steps)


def build_app(
    tools: Tools, app: str, shared: dict[str, Path], samples: Path, steps: Sequence[str]
) -> None:
    """One app: its APK, its tests on the screen."""
    android, tflite = tools.path("android-all"), tools.jars("tflite")
    sample_assets = fresh(BUILD / "assets" / app)
    shutil.copy(samples / SAMPLES[app], sample_assets / "model.tflite")
    own = ROOT / app / "src" / "main" / "assets"
    assets = own if (own / "model.tflite").is_file() else sample_assets
    resources = apk.link_resources(tools, app, assets)
    generated = compile_java(f"{app}-r", resources.java, [android])
    needed = [*shared.values(), generated, *tflite, android]
    code = compile_kotlin(tools, app, [main_sources(app)], needed)
    classes = shared | {"r": generated, app: code}
    if "apk" in steps:
        libraries = [*tflite, tools.path("kotlin-stdlib")]
        dex = apk.dex(tools, app, list(classes.values()), libraries)
        check_apk(tools, app, apk.assemble(tools, app, resources.apk, dex))
    if "screens" in steps:
        built = Compiled(
            tools, classes | {"testing": compile_testing(tools, shared["core"])}, samples
        )
        test_app(built, app, resources, sample_assets)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BuildError as error:
        sys.exit(f"Error: {error}")
