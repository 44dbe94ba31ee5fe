"""An app's resources, code and libraries to one signed APK."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compiling import is_made, made, stamp_of
from project import BUILD, DICTIONARY, MIN_SDK, RESOURCE, ROOT, TARGET_SDK, Tools, fresh, java_home
from running import run

ABIS = ("arm64-v8a", "armeabi-v7a", "x86_64")
APPLICATION = "org.pnettf.demo"
_PASSWORD = "throw-away"


@dataclass(frozen=True)
class Resources:
    """`apk`: resources and assets without code; `java`: the folder of the generated R class."""

    apk: Path
    java: Path


def link_resources(tools: Tools, app: str, assets: Path) -> Resources:
    """Compile and link an app's resources, with the package names that Gradle would put in."""
    out = fresh(BUILD / "resources" / app)
    main = ROOT / app / "src" / "main"
    run("aapt2", "compile", "--dir", main / "res", "-o", out / "compiled.zip")
    found = Resources(out / "linked.apk", out / "java")
    run(
        "aapt2", "link", "-I", tools.framework_resources, "--manifest", _manifest(main, out),
        "--java", found.java, "--custom-package", f"org.pnettf.{app}",
        "--min-sdk-version", MIN_SDK, "--target-sdk-version", TARGET_SDK,
        "--version-code", 1, "--version-name", "1.0", "-A", assets, "-0", ".tflite",
        "-o", found.apk, out / "compiled.zip",
    )  # fmt: skip
    return found


def _manifest(main: Path, out: Path) -> Path:
    text = (main / "AndroidManifest.xml").read_text(encoding="utf-8")
    text = re.sub("<manifest ", f'<manifest package="{APPLICATION}" ', text, count=1)
    text = re.sub(
        "<application\n", '<application\n android:extractNativeLibs="false"\n', text, count=1
    )
    target = out / "AndroidManifest.xml"
    target.write_text(text, encoding="utf-8")
    return target


def dex(tools: Tools, app: str, classes: Sequence[Path], libraries: Sequence[Path]) -> Path:
    """Shrunk dex code of class folders and jars, by R8 with the rules of the project."""
    rules = [ROOT / app / "proguard-rules.pro", *_consumer_rules(tools)]
    known = "\n".join([*map(stamp_of, classes), *(rule.read_text() for rule in rules)])
    out = BUILD / "dex" / app
    if is_made(out, known):
        return out / "classes.dex"
    print(f"shrinking {app}", flush=True)
    program = fresh(out) / "program.jar"
    with zipfile.ZipFile(program, "w") as archive:
        for folder in classes:
            for path in sorted(folder.rglob("*.class")):
                archive.write(path, path.relative_to(folder))
    run(
        "java", "-Xmx3g", "-cp", tools.path("r8"), "com.android.tools.r8.R8", "--release",
        "--min-api", MIN_SDK, "--lib", tools.path("android-all"), "--lib", java_home(),
        *(word for rule in rules for word in ("--pg-conf", rule)),
        "--output", out, program, *libraries,
    )  # fmt: skip
    program.unlink()
    return made(out, known) / "classes.dex"


def _consumer_rules(tools: Tools) -> list[Path]:
    return [
        tools.unpacked(name) / "proguard.txt" for name in ("tensorflow-lite", "tensorflow-lite-api")
    ]


def assemble(tools: Tools, app: str, resources: Path, code: Path) -> Path:
    """The aligned and signed APK."""
    out = fresh(BUILD / "apk" / app)
    raw, aligned, signed = out / "raw.apk", out / "aligned.apk", BUILD / f"{app}.apk"
    shutil.copy(resources, raw)
    with zipfile.ZipFile(raw, "a") as archive:
        archive.write(code, "classes.dex", zipfile.ZIP_DEFLATED)
        archive.write(DICTIONARY, RESOURCE, zipfile.ZIP_DEFLATED)
        for abi in ABIS:
            library = tools.library(abi)
            archive.write(library, f"lib/{abi}/{library.name}", zipfile.ZIP_STORED)
    run("zipalign", "-f", "-p", 4, raw, aligned)
    signed.unlink(missing_ok=True)
    schemes = [word for n in (1, 2, 3) for word in (f"--v{n}-signing-enabled", "true")]
    secret = f"pass:{_PASSWORD}"
    run(
        "apksigner", "sign", "--ks", _key(), "--ks-pass", secret, *schemes, "--out", signed, aligned
    )
    shutil.rmtree(out)
    return signed


def _key() -> Path:
    """A key made for this build folder, worth nothing."""
    store = BUILD / "throw-away.keystore"
    if not store.is_file():
        run(
            "keytool", "-genkeypair", "-keystore", store, "-storepass", _PASSWORD, "-alias", "app",
            "-keyalg", "RSA", "-keysize", 2048, "-validity", 30, "-dname", "CN=throw-away",
        )  # fmt: skip
    return store
