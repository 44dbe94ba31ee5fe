"""JUnit of the modules: plain, and by Robolectric for the apps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bionic
from apk import Resources
from compiling import compile_kotlin, main_sources, test_sources
from project import BUILD, Tools, class_path, fresh
from running import run

_CONFIG = """android_merged_assets={assets}
android_merged_manifest={manifest}
android_resource_apk={apk}
android_custom_package=org.pnettf.{app}
"""


@dataclass(frozen=True)
class Compiled:
    """What all tests need: the tools, class folders by module, and the samples' folder."""

    tools: Tools
    classes: dict[str, Path]
    samples: Path


def test_module(built: Compiled, module: str, extra: Sequence[Path] = (), *options: str) -> None:
    """Compile a module's tests and run all of their classes in one JVM."""
    tools = built.tools
    libraries = [*tools.jars("tflite"), *tools.jars("junit"), *tools.jars("robolectric")]
    depends = [*built.classes.values(), *libraries, tools.path("android-all")]
    tests = compile_kotlin(tools, f"{module}-test", [test_sources(module)], depends)
    names = sorted(
        str(path.relative_to(test_sources(module)).with_suffix("")).replace("/", ".")
        for path in test_sources(module).rglob("*Test.kt")
    )
    parts = [*extra, tests, *built.classes.values(), *libraries, tools.path("kotlin-stdlib")]
    print(f"testing {module}", flush=True)
    said = run(
        "java", "-Xmx2g", f"-Dpnettf.samples={built.samples}", f"-Dpnettf.bionic={_bionic(tools)}",
        f"-Djava.library.path={tools.library('x86_64').parent}", *options,
        "-cp", class_path([*parts, tools.path("android-all")]), "org.junit.runner.JUnitCore",
        *names,
    )  # fmt: skip
    _show(said)


def test_app(built: Compiled, app: str, resources: Resources, assets: Path) -> None:
    """Robolectric: the app's real resources and activities, screenshots into `build`."""
    folder = fresh(BUILD / "config" / app)
    place = folder / "com" / "android" / "tools" / "test_config.properties"
    place.parent.mkdir(parents=True)
    manifest = resources.apk.with_name("AndroidManifest.xml")
    place.write_text(
        _CONFIG.format(assets=assets, manifest=manifest, apk=resources.apk, app=app),
        encoding="utf-8",
    )
    framework = built.tools.path("android-all-instrumented")
    shots = fresh(BUILD / "screenshots" / app)
    test_module(
        built, app, [folder], "-Drobolectric.offline=true",
        f"-Drobolectric.dependency.dir={framework.parent}", f"-Dpnettf.screenshots={shots}",
    )  # fmt: skip


def compile_testing(tools: Tools, core: Path) -> Path:
    """What the tests of all modules share."""
    needed = [core, *tools.jars("junit"), *tools.jars("robolectric"), tools.path("android-all")]
    return compile_kotlin(tools, "testing", [main_sources("testing")], needed)


def _bionic(tools: Tools) -> Path:
    folder = BUILD / "bionic" / "x86_64"
    if not (folder / bionic.NAMES[-1]).is_file():
        bionic.build(tools.library("x86_64"), bionic.X86_64, folder)
    return folder


def _show(said: str) -> None:
    """What a person wants of JUnit's words: figures and the number of tests."""
    for line in (line.lstrip(".EI") for line in said.splitlines()):
        if line.startswith(("OK (", "x86_64:", "arm", "model and", "later answers", "screenshot")):
            print(f"  {line}", flush=True)
