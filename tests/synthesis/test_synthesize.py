"""Whole searches on data that take seconds."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import pnet_tf
from pnet_tf.errors import InputError, WorkError
from pnet_tf.settings import read_config_file
from pnet_tf.synthesis import survey, trial
from pnet_tf.synthesis.keep import keep, read_kept
from pnet_tf.synthesis.records import OUTSIDE
from pnet_tf.synthesis.study import from_params, to_params
from pnet_tf.synthesis.trial import Task, needed, run_trial
from pnet_tf.tflite.model import load_model
from tests.calls import call
from tests.gradients import registered

SPACE = {
    "network": ["structured+dense"],
    "projection.structured.functions": [4, 8, 15],
    "projection.structured.bits": [4, 8],
    "head.dense.layers": [1],
    "head.dense.units": [16, 64],
    "training.qat": ["none"],
    "training.batch_size": [16],
}
LIMIT = "bytes<=9000"


@pytest.fixture(scope="module", autouse=True)
def small_survey():
    """Fewer networks are measured before a search, which takes most of the time here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(survey, "SURVEYED", 1)
        yield


def search(data, out, *require, budget="8epochs", **options):
    before = registered()
    report = pnet_tf.synthesize(
        data, out, require, budget=budget, epochs=2, space=SPACE, networks=3, **options
    )
    assert registered() == before  # or it would hold the graphs of all networks
    return report


@pytest.fixture(scope="module")
def found(small_survey, small_data, tmp_path_factory):
    """A finished search: folder, report, what was told."""
    folder, told = tmp_path_factory.mktemp("search") / "nets", []
    report = search(small_data, folder, LIMIT, "arena<=60000",
                    told=lambda record, kept: told.append((record, len(kept))))  # fmt: skip
    return folder, report, told


def test_what_is_handed_out_keeps_every_limit_on_its_real_file(found, small_data):
    folder, report, told = found
    assert 1 <= len(report.networks) <= 3 and report.epochs <= 8
    for one in report.networks:
        path = folder / one.folder / "model.tflite"
        assert path.stat().st_size == one.size_bytes <= 9000 and one.facts["arena"] <= 60_000
        scores = load_model(path).scores(small_data.valid.inputs)
        assert np.mean(scores.argmax(1) == small_data.valid.targets) == one.accuracy
        pnet_tf.make_settings("dense", [read_config_file(folder / one.folder / "settings.json")])
    assert [record.number for record, _ in told] == list(range(len(told)))
    assert all(record.epochs == 0 for record, _ in told if record.ended == OUTSIDE)
    assert sum(report.counts.values()) == len(told)


def test_what_is_measured_before_training_is_what_the_trained_file_has(found):
    """Up to a few bytes of alignment; fresh biases, all 0, would be stored once and tell less."""
    _, report, told = found
    before = {record.number: record.facts for record, _ in told}
    for one in report.networks:
        assert abs(before[one.number]["bytes"] - one.size_bytes) <= 16
        assert before[one.number]["macs"] == one.macs


@pytest.mark.slow
def test_layers_are_stored_in_the_fewest_bits_that_keep_the_accuracy(world, small_data, tmp_path):
    learned = world(0)
    network = learned.space.start("structured+dense")
    record, trained = run_trial(Task(small_data, 2, judged=False), learned, 0, network)
    plain = keep(tmp_path / "plain", small_data, learned, record, trained)
    few = keep(tmp_path / "few", small_data, learned, record, trained, 0.1)
    assert few.size_bytes < plain.size_bytes and few.accuracy >= plain.accuracy - 0.1
    path = tmp_path / "few" / few.folder / "model.tflite"
    assert path.stat().st_size == few.facts["bytes"] == few.size_bytes
    assert load_model(path).metadata.quantize == "auto"


@pytest.mark.slow
def test_limits_come_before_the_fewest_bits(world, small_data, tmp_path):
    learned = world(0)
    network = learned.space.start("structured+dense")
    record, trained = run_trial(Task(small_data, 2, judged=False), learned, 0, network)
    few = keep(tmp_path / "few", small_data, learned, record, trained, 1.0)
    plain = keep(tmp_path / "plain", small_data, learned, record, trained)
    assert few.facts["runtime"] > plain.facts["runtime"]  # which the limit below does not allow
    strict = world(0, ("runtime<=2.14",))
    kept = keep(tmp_path / "strict", small_data, strict, record, trained, 1.0)
    assert kept.facts["runtime"] == 2.14 and kept.size_bytes == plain.size_bytes


def test_a_network_outside_is_never_trained(world, small_data, monkeypatch):
    monkeypatch.setattr(trial, "plan_fit", lambda *given: pytest.fail("it was trained"))
    learned = world(0, ("bytes<=100",))
    network = learned.space.start("structured+dense")
    record, trained = run_trial(Task(small_data, 2, judged=False), learned, 7, network)
    assert (record.ended, record.epochs, trained) == (OUTSIDE, 0, None)
    assert record.broken[0].startswith("bytes<=100: ")


def test_a_hopeless_training_is_stopped_and_a_useful_one_goes_on(world):
    """Of a network as small as any, judged by what larger ones reached after two of four epochs."""
    learned = world(30)
    least = min(record.facts["bytes"] for record in learned.records)
    largest = max(learned.records, key=lambda record: record.facts["bytes"])
    assert needed(learned, replace(largest, facts={"bytes": least - 1})) == 0.0
    most = max(record.accuracy for record in learned.records)
    assert needed(learned, largest) == most
    task = Task(None, 4, judged=True)
    useful, poor = (trial._Course(replace(largest, accuracy=None, curve=())) for _ in range(2))
    for value in largest.curve[:2]:
        trial._judge(task, learned, useful, {"valid_projection_accuracy": 1.2 * value}, 0.0)
    with pytest.raises(trial._Hopeless):
        for _ in range(3):
            trial._judge(task, learned, poor, {"valid_projection_accuracy": 0.01}, 0.0)
    assert len(poor.curve) < 4 and poor.foretold["end"] < most


def test_files_of_a_search(found):
    folder, report, _ = found
    plain = json.loads((folder / "synthesis.json").read_text())
    assert plain["hypervolume"] == report.hypervolume > 0
    page = (folder / "report.html").read_text()
    assert "<script" not in page and all(one.folder in page for one in report.networks)
    assert pnet_tf.load_generator(folder / "generator.json").labels == ("left", "right")


@pytest.mark.slow
def test_a_search_goes_on_and_repeats_nothing(found, small_data, tmp_path):
    first_folder, report, told = found
    folder, more = shutil.copytree(first_folder, tmp_path / "copy"), []
    again = search(small_data, folder, LIMIT, "arena<=60000", budget="12epochs", final_epochs=16,
                   told=lambda record, kept: more.append(record))  # fmt: skip
    assert more and more[0].number == len(told)
    assert again.epochs > report.epochs
    first = {r.number: r.accuracy for r in (*(r for r, _ in told), *more) if r.accuracy}
    numbers = {one.number for one in read_kept(folder)}
    assert numbers >= {one.number for one in report.networks} and first
    for one in again.networks:  # trained longer where that was better, never worse
        assert one.epochs in (2, 16) and one.size_bytes <= 9000
        assert one.accuracy >= first[one.number]
    assert any(one.epochs == 16 for one in again.networks)


@pytest.mark.slow
def test_a_search_that_was_stopped_goes_on(small_data, tmp_path):
    def stop(record, kept):
        if record.number == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(small_data, tmp_path / "s", LIMIT, told=stop)
    report = search(small_data, tmp_path / "s", LIMIT, budget="6epochs")
    assert sum(report.counts.values()) > 2 and report.networks


def test_folders_and_studies_of_something_else_are_refused(found, small_data, tmp_path):
    folder, _, _ = found
    rng = np.random.default_rng(1)
    other = pnet_tf.make_dataset(rng.normal(size=(90, 12)).astype(np.float32), np.arange(90) % 2)
    before = (folder / "generator.json").read_bytes()
    for data, limits, options, what in (
        (other, (LIMIT, "arena<=60000"), {}, "data"),
        (small_data, (LIMIT,), {}, "limits"),
        (small_data, (LIMIT, "arena<=60000"), {"searcher": "random"}, "searcher"),
    ):
        with pytest.raises(InputError, match=f"differs in its {what};"):
            search(data, folder, *limits, **options)
    with pytest.raises(InputError, match="differs in its space;"):
        pnet_tf.synthesize(small_data, folder, (LIMIT, "arena<=60000"), epochs=2, space={
            **SPACE, "head.dense.units": [16]})  # fmt: skip
    assert (folder / "generator.json").read_bytes() == before
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="has other files in it"):
        search(small_data, tmp_path, LIMIT)


def test_limits_that_no_network_keeps_name_the_nearest(small_data, tmp_path):
    refused = r"of the space keeps bytes<=500: of \d+ measured, the nearest has \d,\d{3}$"
    for _ in range(2):  # and leave no study behind, so that the same folder takes other limits
        with pytest.raises(InputError, match=refused):
            search(small_data, tmp_path / "s", "bytes<=500")
    assert search(small_data, tmp_path / "s", LIMIT, budget="2epochs").networks


def test_an_accuracy_that_none_reaches_loses_nothing(small_data, tmp_path):
    with pytest.raises(WorkError, match=r"no network kept every limit .* best accuracy was 0\.\d"):
        search(small_data, tmp_path / "s", "accuracy>=1.0", budget="2epochs")
    assert pnet_tf.load_generator(tmp_path / "s" / "generator.json").records


def test_a_time_too_short_for_one_network(small_data, tmp_path):
    with pytest.raises(InputError, match="0.1s is too short for one network: 400 epochs of it"):
        pnet_tf.synthesize(
            small_data, tmp_path / "s", budget="0.1s", epochs=400, space=SPACE
        )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("searcher", ["random", "tpe", "nsga2"])
def test_other_searchers_search_the_same_space(small_data, tmp_path, searcher):
    report = search(small_data, tmp_path / "s", LIMIT, budget="4epochs", searcher=searcher)
    assert report.counts["stopped"] == 0 and report.searcher == searcher
    assert all(one.size_bytes <= 9000 for one in report.networks)


def test_a_network_is_the_same_in_optuna_and_out_of_it(world):
    space = world(0).space
    for seed in range(20):
        network = space.random(np.random.default_rng(seed))
        params = to_params(space, network)
        missing = {name: 0 if name in space.ordered else of[0]
                   for name, of in space.dimensions.items() if name not in params}  # fmt: skip
        assert from_params(space, {**missing, **params}) == network


def test_more_networks_by_seeds(found, small_data, tmp_path):
    folder, _, _ = found
    file = folder / "generator.json"
    made = pnet_tf.generate(file, range(3), tmp_path / "more")
    again = pnet_tf.generate(file, [2], tmp_path / "again")
    assert again.networks[0].network == made.networks[2].network
    for one in made.networks:
        assert one.facts["bytes"] <= 9000 and one.accuracy is None
        pnet_tf.make_settings("dense", [read_config_file(one.settings)])
    before = registered()
    trained = pnet_tf.generate(file, [2], tmp_path / "trained", data=small_data)
    assert registered() == before
    [one] = trained.networks
    assert one.kept and one.accuracy > 0.5 and one.facts == made.networks[2].facts
    [kept] = read_kept(tmp_path / "trained")
    assert (kept.number, kept.epochs) == (2, 2)
    model = load_model(tmp_path / "trained" / kept.folder / "model.tflite")
    right = model.scores(small_data.valid.inputs).argmax(1) == small_data.valid.targets
    assert np.mean(right) == one.accuracy
    with pytest.raises(InputError, match="learned on other data"):
        pnet_tf.generate(file, [0], tmp_path / "x", data="digits")


def test_commands(found, small_data, tmp_path):
    folder, _, _ = found
    file, out = folder / "generator.json", tmp_path / "out"
    shown = call("generate", file, "--seeds", "0:2", "--out", out, "--json", "-").output
    assert [one["seed"] for one in json.loads(shown)["networks"]] == [0, 1]
    data = tmp_path / "data.npz"
    np.savez(data, x_train=small_data.train.inputs, y_train=small_data.train.targets,
             x_test=small_data.valid.inputs, y_test=small_data.valid.targets)  # fmt: skip
    space = tmp_path / "space.json"
    space.write_text(json.dumps(SPACE))
    done = call("synthesize", data, "--out", tmp_path / "n", "--require", LIMIT, "--budget",
                "2epochs", "--epochs", "2", "--space", space, "--networks", "2", "--test",
                "--json", tmp_path / "r.json")  # fmt: skip
    assert "networks" in done.output
    plain = json.loads((tmp_path / "r.json").read_text())
    assert all(one["test_accuracy"] is not None for one in plain["networks"])


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--require", "bytes<32"], "must be like"),
        (["--budget", "soon"], "--budget must be like 2h, 30m, 90s or 400epochs"),
        (["--budget", "5epochs"], "too short for one network, which trains for 12 epochs"),
        (["--utility", "speed"], "--utility must be one of hypervolume, netscore, accuracy"),
        (["--searcher", "luck"], "--searcher must be one of generator, random, tpe, nsga2"),
        (["--networks", "0"], "--networks must be 1 or more, got 0"),
        (["--epochs", "0"], "--epochs must be 1 or more, got 0"),
        (["--storage", "nothing://x"], "storage nothing://x cannot be opened"),
        (["--storage", "nothing://me:secret@x/y"], "storage nothing://me:***@x/y cannot be"),
        (["--recipe", "none-such"], "recipe must be one of"),
    ],
)
def test_wrong_options_are_one_sentence(tmp_path, arguments, sentence):
    result = call("synthesize", "digits", "--out", tmp_path / "n", *arguments, code=2)
    assert sentence in result.output and not Path(tmp_path / "n" / "generator.json").exists()


@pytest.mark.parametrize("seeds", ["", "a", "3:1", "0:99999", "1;2"])
def test_wrong_seeds_are_one_sentence(found, tmp_path, seeds):
    call("generate", found[0] / "generator.json", "--seeds", seeds, "--out", tmp_path, code=2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "data, limit", [("digits", "bytes<=16000"), ("smart-reply", "bytes<=40000")]
)
def test_built_in_sets_in_a_small_budget(tmp_path, data, limit):
    """The commands as the page of the docs has them."""
    call("synthesize", data, "--out", tmp_path / "nets", "--require", limit, "--require",
         "latency<=2x", "--require", "accuracy>=0.3", "--networks", "3", "--epochs", "6",
         "--budget", "30epochs", "--jobs", "2", "--json", tmp_path / "r.json")  # fmt: skip
    plain = json.loads((tmp_path / "r.json").read_text())
    assert plain["networks"]
    call("generate", tmp_path / "nets" / "generator.json", "--seeds", "0:20", "--out",
         tmp_path / "more", "--json", tmp_path / "g.json")  # fmt: skip
    made = json.loads((tmp_path / "g.json").read_text())
    assert len(made["networks"]) == 20 and made["distinct"] >= 18
    most = float(limit.partition("<=")[2])
    assert all(one["facts"]["bytes"] <= most for one in made["networks"])


@pytest.mark.slow
def test_workers_side_by_side_share_one_study(small_data, tmp_path):
    numbers = []
    report = search(small_data, tmp_path / "s", LIMIT, budget="6epochs", jobs=2,
                    told=lambda record, kept: numbers.append(record.number))  # fmt: skip
    assert report.epochs <= 6 and sorted(numbers) == list(range(sum(report.counts.values())))
    networks = [json.dumps(r.network) for r in pnet_tf.load_generator(
        tmp_path / "s" / "generator.json").records if r.number >= 0]  # fmt: skip
    assert len(set(networks)) == len(networks)


def test_a_storage_that_fails_is_one_sentence_and_loses_nothing(small_data, tmp_path):
    import optuna

    def fill(record, kept):
        raise optuna.exceptions.StorageInternalError("database or disk is full")

    with pytest.raises(WorkError, match="storage of the study failed .database or disk is full."):
        search(small_data, tmp_path / "s", LIMIT, told=fill)
    report = search(small_data, tmp_path / "s", LIMIT, budget="4epochs")
    assert report.counts["finished"] >= 1
