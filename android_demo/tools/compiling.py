"""Kotlin and Java to class files; what has not changed is not compiled again."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from project import BUILD, DICTIONARY, RESOURCE, ROOT, Tools, class_path, fresh
from running import run

STAMP = ".stamp"
_KOTLIN = ("-no-stdlib", "-no-reflect", "-jvm-target", "1.8", "-Xjdk-release=1.8", "-Werror")


def compile_kotlin(
    tools: Tools, name: str, sources: Sequence[Path], depends: Sequence[Path]
) -> Path:
    """Classes of the Kotlin below the folders `sources`, as a folder."""
    files = sorted(path for folder in sources for path in folder.rglob("*.kt"))
    out, known = BUILD / "classes" / name, _key(files, depends)
    if is_made(out, known):
        return out
    print(f"compiling {name}", flush=True)
    compiler, needed = tools.jars("kotlin"), [*depends, tools.path("kotlin-stdlib")]
    run(
        "java", "-Xmx2g", "-cp", class_path(compiler),
        "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", *_KOTLIN,
        "-module-name", name, "-classpath", class_path(needed), "-d", fresh(out), *files,
    )  # fmt: skip
    return made(out, known)


def compile_core(tools: Tools) -> Path:
    """Classes of `core`, with its one resource."""
    core = compile_kotlin(tools, "core", [main_sources("core")], [])
    shutil.copy(DICTIONARY, core / RESOURCE)
    return core


def compile_java(name: str, source: Path, depends: Sequence[Path]) -> Path:
    """Classes of the Java below the folder `source`."""
    files = sorted(source.rglob("*.java"))
    out, known = BUILD / "classes" / name, _key(files, depends)
    if is_made(out, known):
        return out
    seen = class_path(depends)
    run("javac", "--release", "8", "-Xlint:-options", "-cp", seen, "-d", fresh(out), *files)
    return made(out, known)


def main_sources(module: str) -> Path:
    """The folder of what a module ships."""
    return ROOT / module / "src" / "main" / "kotlin"


def test_sources(module: str) -> Path:
    """The folder of a module's tests."""
    return ROOT / module / "src" / "test" / "kotlin"


def stamp_of(path: Path) -> str:
    """What a folder was made of, or the name of a file, which a version pins."""
    stamp = path / STAMP
    return stamp.read_text(encoding="utf-8") if stamp.is_file() else path.name


def is_made(folder: Path, known: str) -> bool:
    """Whether `folder` was made of what `known` stands for."""
    return (folder / STAMP).is_file() and stamp_of(folder) == known


def made(folder: Path, known: str) -> Path:
    """`folder`, from now on made of what `known` stands for."""
    (folder / STAMP).write_text(known, encoding="utf-8")
    return folder


def _key(files: Sequence[Path], depends: Sequence[Path]) -> str:
    found = hashlib.sha256()
    for path in files:
        found.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    for path in depends:
        found.update(stamp_of(path).encode())
    return found.hexdigest()
