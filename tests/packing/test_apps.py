"""A file into the apps: where it lies then, and what is refused with nothing changed."""

import json
import zlib

import pytest

from pnet_tf.errors import InputError
from pnet_tf.export.shrink import shrink
from pnet_tf.packing.apps import RESOURCE, put_into_apps
from pnet_tf.packing.container import pack
from pnet_tf.packing.decoder import dictionary, unpack
from pnet_tf.tflite.metadata import write_metadata
from pnet_tf.tflite.ranking import Ranking
from tests.calls import call
from tests.tflite.small_models import BYTES, LABELS, convert, text_metadata

PLACES = ("mobile/src/main/assets/model.tflite", "wear/src/main/assets/model.tflite")


@pytest.fixture
def project(tmp_path):
    """As much of `android_demo` as the command looks at."""
    for app in ("mobile", "wear"):
        folder = tmp_path / "demo" / app / "src" / "main"
        folder.mkdir(parents=True)
        (folder / "AndroidManifest.xml").write_text("<manifest/>")
    return tmp_path / "demo"


def test_the_file_is_in_both_apps(project, text_path, text_model):
    report = put_into_apps(text_path, project)
    assert [(project / place).read_bytes() for place in PLACES] == [text_model] * 2
    assert report.files == tuple(str(project / place) for place in PLACES)
    assert (report.size_bytes, report.labels) == (len(text_model), len(LABELS))
    assert (report.input_bytes, report.packed_bytes) == (BYTES, None)
    put_into_apps(project / PLACES[0], project)  # from where it is already
    assert (project / PLACES[0]).read_bytes() == text_model


@pytest.mark.parametrize("before", [True, False])
def test_a_packed_file_stays_packed(before, project, text_path, text_model, save):
    packed = pack(text_model)
    given = save(packed) if before else text_path
    report = put_into_apps(given, project, pack=not before)
    assert [(project / place).read_bytes() for place in PLACES] == [packed] * 2
    assert (report.size_bytes, report.packed_bytes) == (len(text_model), len(packed))
    assert (project / RESOURCE).read_bytes() == dictionary()
    assert report.files == tuple(str(project / place) for place in (*PLACES, RESOURCE))
    put_into_apps(given, project, pack=True)  # once and not twice
    assert unpack((project / PLACES[0]).read_bytes()) == text_model
    put_into_apps(text_path, project)
    assert (project / PLACES[0]).read_bytes() == text_model


def test_the_dictionary_that_lies_beside_is_enough(project, text_path):
    beside = project.parent / "pnet_tf" / "packing" / "dictionary.bin"
    beside.parent.mkdir(parents=True)
    beside.write_bytes(dictionary())
    report = put_into_apps(text_path, project, pack=True)
    assert len(report.files) == 2 and not (project / RESOURCE).exists()


def test_what_the_apps_will_show(project, text_model, save):
    replies = {"greet": ("hi",)}
    shown = {
        "labels": text_metadata(replies={}),
        "replies of the best label": text_metadata(replies=replies),
        "replies": text_metadata(replies=replies, ranking=Ranking(threshold=0.1)),
    }
    for expected, metadata in shown.items():
        assert put_into_apps(save(write_metadata(text_model, metadata)), project).shows == expected


def test_the_command(project, text_path, tmp_path):
    said = call("android", "--model", text_path, "--to", project).output
    assert PLACES[0] in "".join(said.split()) and "replies of the best label; 5 labels" in said
    target = tmp_path / "report.json"
    call("android", "--model", text_path, "--to", project, "--json", target)
    assert json.loads(target.read_text())["shows"] == "replies of the best label"
    said = call("android", "--model", text_path, "--to", project, "--pack").output
    packed = (project / PLACES[1]).stat().st_size
    assert f"bytes; packed, as the apps hold it, {packed:,}" in " ".join(said.split())
    missing = tmp_path / "none.tflite"
    refused = call("android", "--model", missing, "--to", project, code=2).stderr
    assert refused == f"Error: {missing} does not exist\n"


def older(tf, value):
    """An operator that the list of the promised runtimes does not have."""
    return {"scores": tf.math.sin(tf.cast(value[:, :5], tf.float32))}


def changed(model, old, new):
    """A file with other metadata of the same length, its hash made right again."""
    from pnet_tf.tflite.metadata import rehash

    assert old in model and len(old) == len(new)
    return rehash(model.replace(old, new))


def sealed(packed, place):
    """With another byte at a place, and the checksum that is right for it."""
    changed = bytearray(packed)
    changed[place] ^= 1
    changed[8:12] = zlib.crc32(changed[12:]).to_bytes(4, "little")
    return bytes(changed)


@pytest.mark.parametrize(
    "case",
    [
        "image",
        "numbers",
        "cut",
        "other spec",
        "other ranking",
        "operator",
        "packed and cut",
        "packed and changed",
        "packed by a newer version",
        "packed image",
        "packed text",
    ],
)
def test_what_the_apps_cannot_run(case, project, text_model, image_path, dense_path, save):
    ranked = write_metadata(text_model, text_metadata(ranking=Ranking(threshold=0.1)))
    packed = pack(text_model)
    made = {
        "packed and cut": (lambda: packed[:-1], "the packed file is damaged: its checksum"),
        "packed and changed": (lambda: sealed(packed, 40), "the packed file"),
        "packed by a newer version": (lambda: b"PTZ\x02" + packed[4:], "version 2; this reads"),
        "packed image": (lambda: pack(image_path.read_bytes()), "model of image input"),
        "packed text": (lambda: pack(b"how are you?"), "damaged|not a|unusable"),
        "image": (
            lambda: image_path.read_bytes(),
            "model of image input; the apps take classifiers",
        ),
        "numbers": (lambda: dense_path.read_bytes(), "a regression model of dense input"),
        "cut": (lambda: text_model[:-100], "damaged|not a|unusable"),
        "other spec": (lambda: changed(text_model, b'{"spec":1,', b'{"spec":7,'), "spec version 7"),
        "other ranking": (
            lambda: changed(ranked, b'"ranking":{"version":2', b'"ranking":{"version":1'),
            "ranking",
        ),
        "operator": (
            lambda: write_metadata(
                shrink(convert(older, (BYTES,), "uint8", "bytes")), text_metadata()
            ),
            "operator SIN is not on the list",
        ),
    }
    make, reason = made[case]
    path = save(make())
    before = (project / PLACES[0]).parent
    with pytest.raises(InputError, match=reason) as refused:
        put_into_apps(path, project)
    assert str(refused.value).startswith(f"{path}: ") and "\n" not in str(refused.value)
    assert not before.exists()


def test_a_folder_that_is_no_project(text_path, tmp_path, project):
    with pytest.raises(InputError, match="no copy of android_demo: it has no mobile/src/main"):
        put_into_apps(text_path, tmp_path)
    (project / "wear" / "src" / "main" / "AndroidManifest.xml").unlink()
    with pytest.raises(InputError, match="it has no wear/src/main"):
        put_into_apps(text_path, project)
    assert not (project / PLACES[0]).exists()


def test_a_target_that_cannot_be_written_leaves_both_as_they_were(text_path, project):
    (project / PLACES[1]).mkdir(parents=True)
    with pytest.raises(InputError, match="is a folder"):
        put_into_apps(text_path, project)
    assert not (project / PLACES[0]).exists()
    (project / "mobile/src/main/assets").rmdir()
    (project / "mobile/src/main/assets").write_text("a file")
    with pytest.raises(InputError, match="cannot be made"):
        put_into_apps(text_path, project)
