"""The Gradle project and the build without Gradle, as text: what can be checked without either."""

import hashlib
import re
import subprocess
import sys
import xml.etree.ElementTree as Xml
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "android_demo"
TOOLS = DEMO / "tools"
APPS = ("mobile", "wear")
MODULES = ("core", "runtime", "mobile", "wear", "testing")
NAME = "{http://schemas.android.com/apk/res/android}name"
VALUE = "{http://schemas.android.com/apk/res/android}value"


def manifest(app):
    return Xml.parse(DEMO / app / "src" / "main" / "AndroidManifest.xml").getroot()


def kotlin(module, part="main"):
    return sorted((DEMO / module / "src" / part).rglob("*.kt"))


@pytest.mark.parametrize(
    ("app", "permissions"), [("mobile", ["android.permission.POST_NOTIFICATIONS"]), ("wear", [])]
)
def test_no_app_may_use_the_network(app, permissions):
    root = manifest(app)
    asked = [item.get(NAME) for item in root.iter() if item.tag.startswith("uses-permission")]
    assert asked == permissions
    for module in MODULES:
        for path in kotlin(module):
            assert not re.search(r"java\.net|HttpURL|Socket", path.read_text(encoding="utf-8")), (
                path
            )


def test_the_watch_app_is_one_and_stands_alone():
    root = manifest("wear")
    assert "android.hardware.type.watch" in [item.get(NAME) for item in root.iter("uses-feature")]
    told = {item.get(NAME): item.get(VALUE) for item in root.iter("meta-data")}
    assert told == {"com.google.android.wearable.standalone": "true"}


@pytest.mark.parametrize("app", APPS)
def test_what_the_manifest_names_exists_and_outlives_shrinking(app):
    rules = (DEMO / app / "proguard-rules.pro").read_text(encoding="utf-8")
    tags = ("application", "activity", "receiver", "service", "provider")
    named = [item.get(NAME) for tag in tags for item in manifest(app).iter(tag)]
    assert len(named) >= 2
    for name in named:
        assert (DEMO / app / "src/main/kotlin" / f"{name.replace('.', '/')}.kt").is_file()
        assert f"-keep class {name} " in rules


@pytest.mark.parametrize("app", APPS)
def test_every_language_says_everything(app):
    def texts(folder):
        root = Xml.parse(DEMO / app / "src/main/res" / folder / "strings.xml").getroot()
        return {item.get("name"): "".join(item.itertext()) for item in root.iter("string")}

    plain = texts("values")
    for folder in ("values-de", "values-ar"):
        other = texts(folder)
        assert other.keys() == plain.keys()
        for name, text in plain.items():
            places = r"%\d\$[sd]"
            assert sorted(re.findall(places, other[name])) == sorted(re.findall(places, text)), name


def test_no_androidx_is_shipped():
    for module in ("core", "runtime", "mobile", "wear"):
        for path in kotlin(module):
            assert "androidx" not in path.read_text(encoding="utf-8"), path
        build = (DEMO / module / "build.gradle.kts").read_text(encoding="utf-8")
        shipped = re.findall(r"^\s*(?:api|implementation)\((.+)\)", build, re.MULTILINE)
        assert all("androidx" not in line for line in shipped)
    assert not re.search(r"import android\b", "".join(p.read_text() for p in kotlin("core")))


def lock():
    lines = (TOOLS / "artefacts.txt").read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


def test_artefacts_have_versions_and_checksums():
    rows = lock()
    assert len(rows) > 30 and len({name for _, _, name in rows}) == len(rows)
    for use, sha256, name in rows:
        assert re.fullmatch("[0-9a-f]{64}", sha256), name
        assert re.fullmatch(r"[\w.-]+:[\w.-]+:[\w.-]+(:\w+(:\w+)?)?", name) and use.isalpha()


def test_gradle_asks_for_what_was_tested():
    catalog = (DEMO / "gradle" / "libs.versions.toml").read_text(encoding="utf-8")
    versions = dict(
        re.findall(r'^([\w-]+) = "([^"]+)"', catalog.split("[libraries]")[0], re.MULTILINE)
    )
    tested = dict(name.split(":")[1:3] for use, _, name in lock() if ":junit" not in name)
    junit = next(name for _, _, name in lock() if name.startswith("junit:junit:"))
    assert versions["kotlin"] == tested["kotlin-stdlib"]
    assert versions["tensorflow-lite"] == tested["tensorflow-lite"] == tested["tensorflow-lite-api"]
    assert versions["robolectric"] == tested["robolectric"]
    assert junit == f"junit:junit:{versions['junit']}"
    for module in MODULES:
        assert f'":{module}"' in (DEMO / "settings.gradle.kts").read_text(encoding="utf-8")
        build = (DEMO / module / "build.gradle.kts").read_text(encoding="utf-8")
        for alias in re.findall(r"libs\.(?!plugins|versions)([\w.]+)", build):
            assert f"\n{alias.replace('.', '-')} = {{" in catalog, alias
    sys.path.insert(0, str(TOOLS))
    try:
        import apk
        import project
    finally:
        sys.path.remove(str(TOOLS))
    assert versions["minSdk"] == str(project.MIN_SDK)
    assert versions["targetSdk"] == str(project.TARGET_SDK)
    for app in APPS:
        build = (DEMO / app / "build.gradle.kts").read_text(encoding="utf-8")
        assert f'applicationId = "{apk.APPLICATION}"' in build
        assert re.findall(r'"((?:arm|x86)[\w-]+)"', build) == list(apk.ABIS)


def test_the_wrapper_names_a_release_of_gradle():
    text = (DEMO / "gradle/wrapper/gradle-wrapper.properties").read_text(encoding="utf-8")
    assert re.search(
        r"distributionUrl=https\\://services\.gradle\.org/.*gradle-[\d.]+-bin\.zip", text
    )


def test_no_model_is_committed():
    done = subprocess.run(
        ["git", "ls-files", "android_demo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    assert not [
        name for name in done.stdout.splitlines() if name.endswith((".tflite", ".apk", ".jar"))
    ]


def test_an_artefact_with_another_checksum_is_refused(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import fetch
    from running import BuildError

    data = b"a jar"
    item = fetch.Artefact("junit", hashlib.sha256(data).hexdigest(), "a.b", "c", "1")
    path = item.path(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    fetch.fetch([item], tmp_path)
    path.write_bytes(b"another jar")
    with pytest.raises(BuildError, match="the lock says"):
        fetch.fetch([item], tmp_path)


def test_stand_ins_are_made_for_every_name(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import bionic

    for machine in bionic.MACHINES:
        source = bionic.stub_source(["memcpy", "__sF", "pthread_mutex_lock"], machine)
        assert source.count("shim_find(") == 3  # one is its declaration
        assert "shim_p___sF" not in source and "char __sF[456]" in source
    core = (TOOLS / "bionic" / "core.c").read_text(encoding="utf-8")
    assert "bionic_pthread_mutex_lock(" in core
