"""What a finished APK has to be, read back from the file."""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

from apk import ABIS, APPLICATION, MIN_SDK, TARGET_SDK
from project import BUILD, DICTIONARY, RESOURCE, Tools
from running import BuildError, run

MOST_BYTES = 350_000
"""Of an APK without its native libraries."""
_PERMISSIONS = {"mobile": {"android.permission.POST_NOTIFICATIONS"}, "wear": set()}


def check_apk(tools: Tools, app: str, apk: Path) -> None:
    """Print what was found; BuildError for the first thing that is not as it must be."""
    _check_badging(app, run("aapt2", "dump", "badging", apk))
    signed = run("apksigner", "verify", "--verbose", "--min-sdk-version", MIN_SDK, apk)
    for scheme in ("v2", "v3"):
        _must(re.search(rf"{scheme} .*: true", signed), f"{apk.name} has no signature {scheme}")
    run("zipalign", "-c", "-p", 4, apk)
    manifest = run("aapt2", "dump", "xmltree", "--file", "AndroidManifest.xml", apk)
    _must("android.permission.INTERNET" not in manifest, f"{apk.name} asks for the network")
    if app == "wear":
        standalone = r"com\.google\.android\.wearable\.standalone.*\n.*value.*=true"
        _must(re.search(standalone, manifest), "the watch app is not standalone")
    with zipfile.ZipFile(apk) as archive:
        _check_libraries(tools, archive)
        _check_model(archive)
        _check_code(archive, app)
        _report(apk, archive)


def _check_badging(app: str, badging: str) -> None:
    for wanted in (
        f"package: name='{APPLICATION}'", f"sdkVersion:'{MIN_SDK}'",
        f"targetSdkVersion:'{TARGET_SDK}'", f"launchable-activity: name='org.pnettf.{app}.",
    ):  # fmt: skip
        _must(wanted in badging, f"{app}: badging lacks {wanted}")
    found = set(re.findall(r"uses-permission: name='([^']+)'", badging))
    _must(found == _PERMISSIONS[app], f"{app} asks for {sorted(found)}")
    watch = "uses-feature: name='android.hardware.type.watch'" in badging
    _must(watch == (app == "wear"), f"{app}: the watch feature is {watch}")


def _check_libraries(tools: Tools, archive: zipfile.ZipFile) -> None:
    names = {name for name in archive.namelist() if name.endswith(".so")}
    _must(names == {f"lib/{abi}/libtensorflowlite_jni.so" for abi in ABIS}, f"libraries {names}")
    for abi in ABIS:
        name = f"lib/{abi}/libtensorflowlite_jni.so"
        same = _hash(archive.read(name)) == _hash(tools.library(abi).read_bytes())
        _must(same, f"{name} is not the AAR's")
        _must(_is_stored(archive, name), f"{name} is compressed")


def _check_model(archive: zipfile.ZipFile) -> None:
    _must(_is_stored(archive, "assets/model.tflite"), "the model is compressed")
    same = RESOURCE in archive.namelist() and archive.read(RESOURCE) == DICTIONARY.read_bytes()
    _must(same, "the dictionary of packed models is missing or another")


def _check_code(archive: zipfile.ZipFile, app: str) -> None:
    """The dex file reads back and holds the classes that the system calls."""
    dex = BUILD / "checked.dex"
    dex.write_bytes(archive.read("classes.dex"))
    listed = run("dexdump", "-l", "plain", dex)
    dex.unlink()
    for name in {"mobile": ("ChatApp", "ConversationActivity", "ReplyReceiver"),
                 "wear": ("WatchApp", "WatchActivity")}[app]:  # fmt: skip
        _must(f"Lorg/pnettf/{app}/{name};" in listed, f"{app}: the code lacks {name}")


def _report(apk: Path, archive: zipfile.ZipFile) -> None:
    native = sum(i.compress_size for i in archive.infolist() if i.filename.endswith(".so"))
    rest = apk.stat().st_size - native
    _must(rest <= MOST_BYTES, f"{apk.name} without libraries has {rest} bytes, over {MOST_BYTES}")
    sizes = f"{apk.stat().st_size:,} bytes, {rest:,} without native libraries"
    kept = "signed v2 and v3, aligned, no network permission, libraries equal the AAR's"
    print(f"{apk.name}: {sizes}; {kept}", flush=True)


def _is_stored(archive: zipfile.ZipFile, name: str) -> bool:
    return name in archive.namelist() and archive.getinfo(name).compress_type == zipfile.ZIP_STORED


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _must(holds: object, problem: str) -> None:
    if not holds:
        raise BuildError(problem)
