"""Recorded containers, which every reader of version 1 must read alike for ever."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from pnet_tf.errors import InputError
from pnet_tf.packing.decoder import unpack

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def named(vectors):
    return [pytest.param(vector, id=vector["name"]) for vector in vectors]


@pytest.mark.parametrize("vector", named(VECTORS["right"]))
def test_the_very_bytes(vector):
    content = unpack(base64.b64decode(vector["packed"]))
    found = len(content), hashlib.sha256(content).hexdigest()
    assert found == (vector["size"], vector["sha256"])


@pytest.mark.parametrize("vector", named(VECTORS["wrong"]))
def test_what_is_no_whole_container(vector):
    with pytest.raises(InputError) as refused:
        unpack(base64.b64decode(vector["packed"]))
    assert vector["says"] in str(refused.value)


def test_they_are_those_of_the_script(monkeypatch):
    """Contents and damage; how an encoder writes them may change."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import packing_vectors

    made = {name: hashlib.sha256(content).hexdigest()
            for name, content, _ in packing_vectors.vectors()}  # fmt: skip
    assert made == {vector["name"]: vector["sha256"] for vector in VECTORS["right"]}
    damaged = [(name, says) for name, _, says in packing_vectors.damaged()]
    assert damaged == [(vector["name"], vector["says"]) for vector in VECTORS["wrong"]]


def test_kotlin_and_python_read_the_same_dictionary():
    """There is one; the build of the apps with Gradle and the one without both name it."""
    demo = SCRIPTS.parent / "android_demo"
    gradle = (demo / "core" / "build.gradle.kts").read_text(encoding="utf-8")
    assert 'from("../../pnet_tf/packing")' in gradle
    assert 'include("dictionary.bin")' in gradle and 'into("org/pnettf/core")' in gradle
    kotlin = (demo / "core/src/main/kotlin/org/pnettf/core/PackedFile.kt").read_text("utf-8")
    assert '"/org/pnettf/core/dictionary.bin"' in kotlin
    tools = (demo / "tools" / "project.py").read_text(encoding="utf-8")
    assert 'RESOURCE = "org/pnettf/core/dictionary.bin"' in tools
    assert 'DICTIONARY = ROOT.parent / "pnet_tf" / "packing" / "dictionary.bin"' in tools
