"""Where things of the project, of the build and of the cache lie."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fetch import Artefact, cache_folder, fetch, read_lock
from running import run

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "offline"
APPS = ("mobile", "wear")
MIN_SDK, TARGET_SDK = 26, 36
DICTIONARY = ROOT.parent / "pnet_tf" / "packing" / "dictionary.bin"
RESOURCE = "org/pnettf/core/dictionary.bin"
"""Where the Kotlin looks for it."""


@dataclass(frozen=True)
class Tools:
    """Fetched artefacts by their use, and what is unpacked of them."""

    cache: Path
    artefacts: Sequence[Artefact]

    def jars(self, *uses: str) -> list[Path]:
        """Files of the artefacts for `uses`; of an AAR its classes."""
        chosen = [item for item in self.artefacts if item.use in uses]
        return [self._classes(item) if item.packaging == "aar" else item.path(self.cache)
                for item in chosen]  # fmt: skip

    def path(self, name: str) -> Path:
        """The file of the artefact `name`."""
        return next(item for item in self.artefacts if item.name == name).path(self.cache)

    def _classes(self, item: Artefact) -> Path:
        return self.unpacked(item.name) / "classes.jar"

    def unpacked(self, name: str) -> Path:
        """The folder that an AAR is unpacked into."""
        folder = BUILD / "aar" / name
        if not folder.is_dir():
            with zipfile.ZipFile(self.path(name)) as archive:
                archive.extractall(folder)
        return folder

    def library(self, abi: str) -> Path:
        """The TFLite runtime of the AAR for one machine."""
        return self.unpacked("tensorflow-lite") / "jni" / abi / "libtensorflowlite_jni.so"

    @cached_property
    def framework_resources(self) -> Path:
        """Android's own resources as aapt2 wants them."""
        target = BUILD / "framework.apk"
        if not target.is_file():
            with zipfile.ZipFile(self.path("android-all")) as source:
                content = {
                    name: source.read(name) for name in ("resources.arsc", "AndroidManifest.xml")
                }
            with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
                for name, data in content.items():
                    made.writestr(name, data)
        return target


def prepare() -> Tools:
    """Everything fetched and checked."""
    BUILD.mkdir(parents=True, exist_ok=True)
    tools = Tools(cache_folder(), read_lock())
    fetch(tools.artefacts, tools.cache)
    return tools


def fresh(folder: Path) -> Path:
    """`folder`, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def java_home() -> Path:
    """Of the `java` on the path."""
    said = run("java", "-XshowSettings:properties", "-version")
    line = next(line for line in said.splitlines() if "java.home" in line)
    return Path(line.split("=")[1].strip())


def class_path(paths: Sequence[Path]) -> str:
    """For java and the compilers."""
    return os.pathsep.join(map(str, paths))
