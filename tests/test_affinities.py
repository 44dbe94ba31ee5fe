"""Affinities and DeepDTA of the scripts, on sets by hand and nets of a few units."""

import gzip
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
import affinity_figures  # noqa: E402
import deepdta  # noqa: E402
import reproduce_compression  # noqa: E402
from affinities import (  # noqa: E402
    batches,
    character_ids,
    inputs_of,
    read_affinities,
    scaled,
    split,
)
from affinity_figures import FoundAffinity  # noqa: E402
from measured import write_json  # noqa: E402

from pnet_tf import keras  # noqa: E402
from pnet_tf.compress.choose import Choice  # noqa: E402
from pnet_tf.compress.network import compress_model
from pnet_tf.compress.plan import CompressionPlan
from pnet_tf.compress.tensors import sizes_of, tensors_of  # noqa: E402
from pnet_tf.compress.trials import SEARCH, TRIALS, Trial  # noqa: E402
from pnet_tf.errors import InputError  # noqa: E402
from pnet_tf.metrics import mse  # noqa: E402

DRUGS, PROTEINS = 6, 5
FOLDS = {"test_fold": range(24, 30), "train_fold_0": range(0, 6),
         "train_fold_1": range(6, 15), "train_fold_2": range(15, 24)}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """All 30 pairs of 6 drugs and 5 proteins, the last two of which have one sequence."""
    rng = np.random.default_rng(0)
    drugs = ["".join(rng.choice(list("CNO()="), 16 + row)) for row in range(DRUGS)]
    proteins = ["".join(rng.choice(list("ACDEF"), 30)) for _ in range(PROTEINS - 1)]
    place = tmp_path / "deepdta_tiny"
    place.mkdir()
    for name, texts in (("drugs", drugs), ("proteins", [*proteins, proteins[-1]])):
        lines = ["id\tsequence", *(f"{row}\t{text}\tmore" for row, text in enumerate(texts))]
        (place / f"{name}.tsv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    drug, protein = (part.reshape(-1) for part in np.divmod(np.arange(30), PROTEINS))
    values = 10.0 ** rng.uniform(0, 4, 30)
    folds = {name: np.array(rows) for name, rows in FOLDS.items()}
    np.savez(place / "affinity.npz", drug_index=drug, protein_index=protein, value=values, **folds)
    return place


@pytest.fixture
def data(folder):
    return read_affinities(folder)


@pytest.fixture
def few_units(monkeypatch):
    monkeypatch.setattr(deepdta, "DENSE", (8, 8, 4))
    monkeypatch.setattr(deepdta, "FILTERS", (4, 4, 6))
    monkeypatch.setattr(deepdta, "EMBEDDING", 4)
    monkeypatch.setattr(deepdta, "PAIRS", 2)
    monkeypatch.setattr(deepdta, "PROTEINS", 3)


def altered(folder, **changes):
    with np.load(folder / "affinity.npz") as arrays:
        found = {name: arrays[name] for name in arrays.files}
    kept = {name: value for name, value in {**found, **changes}.items() if value is not None}
    np.savez(folder / "affinity.npz", **kept)


def test_characters_are_places_in_the_alphabet_cut_and_padded():
    found = character_ids(["CA", "BCAB"], 3)
    assert found.tolist() == [[3, 1, 0], [2, 3, 1]] and found.dtype == np.int32


def test_kd_in_nanomolar_to_pkd():
    assert scaled(np.array([10_000.0, 1.0, 0.1]), None).tolist() == [5, 9, 10]
    assert scaled(np.array([11.1, 0.0]), None).tolist() == pytest.approx([11.1, 0.0])
    assert scaled(np.array([10.0, 1.0]), "pkd").tolist() == [8, 9]
    assert scaled(np.array([1000.0]), "raw").tolist() == [1000]


@pytest.mark.parametrize("values, problem", [([0.0, 200.0], "above 0"), ([np.nan], "finite")])
def test_values_that_cannot_be_are_refused(values, problem):
    with pytest.raises(InputError, match=problem):
        scaled(np.array(values), None)


def test_valid_is_the_first_train_fold():
    folds = {name: np.array(rows) for name, rows in FOLDS.items()}
    train, valid, test = split(folds, 30)
    assert train.tolist() == list(range(6, 24))
    assert valid.tolist() == list(range(6)) and test.tolist() == list(range(24, 30))


@pytest.mark.parametrize(
    "change, problem",
    [
        ({"test_fold": np.array([5])}, "must not share"),
        ({"train_fold_1": np.array([7, 7])}, "must not share"),
        ({"test_fold": np.array([30])}, "the 30 pairs"),
        ({"test_fold": np.array([-1])}, "the 30 pairs"),
        ({"test_fold": None}, "test_fold"),
        ({"train_fold_1": None, "train_fold_2": None}, "another train_fold"),
        ({"drug_index": np.full(30, 6)}, "drug_index must be below 6"),
        ({"protein_index": np.full(29, 0)}, "protein_index"),
    ],
)
def test_damaged_sets_are_refused(folder, change, problem):
    altered(folder, **change)
    with pytest.raises(InputError, match=problem):
        read_affinities(folder)


def test_absent_and_empty_tables_are_refused(folder):
    (folder / "drugs.tsv.gz").write_bytes(gzip.compress(b"id\tsmiles\n"))
    with pytest.raises(InputError, match="no line below its header"):
        read_affinities(folder)
    (folder / "drugs.tsv.gz").unlink()
    with pytest.raises(InputError, match=r"drugs\.tsv\.gz"):
        read_affinities(folder)


def test_equal_sequences_are_one_row(data):
    assert data.name == "tiny"
    assert data.drugs.shape == (6, 21) and data.proteins.shape == (4, 30)
    assert (data.pairs[3::5] == data.pairs[4::5]).all()
    assert len(np.unique(data.pairs[0::5, 0])) == 6


def test_known_sets_have_the_lengths_of_the_paper(folder):
    kiba = read_affinities(folder.rename(folder.with_name("deepdta_kiba")), "raw")
    assert kiba.drugs.shape[1] == 100 and kiba.proteins.shape[1] == 1000


def test_an_epoch_has_each_pair_once(data):
    rng = np.random.default_rng(0)
    epochs = [list(batches(data.pairs, data.train, 2, 3, rng)) for _ in range(2)]
    for epoch in epochs:
        assert np.sort(np.concatenate(epoch)).tolist() == data.train.tolist()
        assert max(map(len, epoch)) <= 6
        assert all(len(np.unique(data.pairs[rows, 1])) <= 3 for rows in epoch)
    assert not np.array_equal(np.concatenate(epochs[0]), np.concatenate(epochs[1]))


def test_without_a_generator_a_protein_is_in_one_batch(data):
    found = list(batches(data.pairs, data.valid, len(data.valid), 2))
    assert np.sort(np.concatenate(found)).tolist() == data.valid.tolist()
    proteins = [set(data.pairs[rows, 1].tolist()) for rows in found]
    assert sum(map(len, proteins)) == len(set.union(*proteins)) == 4


def test_places_lead_to_the_rows_of_each_pair(data):
    rows = data.train[::-1]
    inputs = inputs_of(data, rows)
    assert len(inputs["proteins"]) == 4
    for number, name in enumerate(("drugs", "proteins")):
        wanted = getattr(data, name)[data.pairs[rows, number]]
        assert (inputs[name][inputs["pairs"][:, number]] == wanted).all()


def test_answers_are_those_of_each_pair_alone(data, few_units):
    model, rng = deepdta.network(data), np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    rows = data.train[::-1]
    alone = [float(model(inputs_of(data, rows[[place]]))[0, 0]) for place in range(len(rows))]
    assert deepdta.answers(model, data, rows) == pytest.approx(alone, abs=1e-4)
    assert len({round(value, 2) for value in alone}) > 10


def test_every_kernel_and_table_is_compressed(data, few_units):
    model = deepdta.network(data)
    kinds = [name.rsplit("/", 1)[1] for name in tensors_of(model)]
    assert kinds.count("kernel") == 6 + 4 and kinds.count("embeddings") == 2


def test_retraining_keeps_zeros(data, few_units, monkeypatch):
    monkeypatch.setattr(deepdta, "RETRAINING_STEPS", 7)  # more than an epoch
    keras.utils.set_random_seed(0)  # of so few units all can be 0 for every input
    model = deepdta.network(data)
    small = compress_model(model, {"*": {"prune": 0.5, "cluster": 2}})
    before = {name: value.numpy() for name, value in tensors_of(model).items()}
    deepdta.fit_compressed(small, data)
    assert int(small.optimizer.iterations) == 7
    for name, value in tensors_of(model).items():
        assert ((value.numpy() == 0) == (before[name] == 0)).all()
        assert len(np.unique(value)) <= 3
    assert any((value.numpy() != before[name]).any() for name, value in tensors_of(model).items())


def test_the_last_training_keeps_its_best_epoch(data, few_units, monkeypatch):
    data.targets[data.test] = np.nan
    keras.utils.set_random_seed(0)
    model, errors = deepdta.network(data), []

    def error(model, data, whole=deepdta.valid_error):
        # what training makes of it counts in the first two epochs, then all is worse
        errors.append((whole(model, data) + 10 * (len(errors) > 1), model.get_weights()))
        return errors[-1][0]

    monkeypatch.setattr(deepdta, "valid_error", error)
    monkeypatch.setattr(deepdta, "FINAL_EPOCHS", 4)
    small = compress_model(model, {"*": {"prune": 0.5}})
    deepdta.finish(small, data)
    assert int(small.optimizer.iterations) == 4 * len(deepdta.drawn(data, 0))
    best = min(errors, key=lambda one: one[0])[1]
    assert len(errors) == 4 and best is not errors[-1][1]
    for kept, weight in zip(model.get_weights(), best, strict=True):
        np.testing.assert_array_equal(kept, weight)
    assert any((a != b).any() for a, b in zip(model.get_weights(), errors[-1][1], strict=True))


def test_a_stopped_training_goes_on_without_test(data, few_units, tmp_path, monkeypatch):
    data.targets[data.test] = np.nan
    run, whole, begun = tmp_path / "run", deepdta._epoch, []

    def stopped_once(model, data, seed, epoch, run):
        begun.append(int(model.optimizer.iterations))
        if len(begun) == 3:
            raise KeyboardInterrupt
        return whole(model, data, seed, epoch, run)

    count = len(deepdta.drawn(data, 0))
    monkeypatch.setattr(deepdta, "_epoch", stopped_once)
    with pytest.raises(KeyboardInterrupt):
        deepdta.trained(data, 0, run, 4 * count)
    model = deepdta.trained(data, 0, run, 4 * count)
    assert begun == [0, count, 2 * count, 2 * count, 3 * count]
    lines = [json.loads(line) for line in (run / "epochs.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4]
    error = mse(deepdta.answers(model, data, data.valid), data.targets[data.valid])
    assert error == pytest.approx(min(line["valid_mse"] for line in lines), abs=1e-4)


def test_found_compares_the_net_with_itself_before(data, few_units, tmp_path, monkeypatch):
    def choose_plans(net, folder, keep_loss, *, slack, like, seed, show):
        assert like == (None if seed == 0 else {list(sizes_of(net.model))[1]: CompressionPlan(0.5)})
        base = net.score(net.model)
        net.model.set_weights([0 * weight for weight in net.model.get_weights()])
        return Choice(base, net.score(net.model), 4000, 400, 10.0, 1, {})

    monkeypatch.setattr(affinity_figures, "choose_plans", choose_plans)
    found = affinity_figures.compressed(data, 0, tmp_path, 0.0, print, 3)
    model = deepdta.trained(data, 0, tmp_path)
    for rows, before, after in (
        (data.valid, found.base_valid_mse, found.valid_mse),
        (data.test, found.base_mse, found.mse),
    ):
        targets = data.targets[rows]
        assert before == pytest.approx(mse(deepdta.answers(model, data, rows), targets))
        assert after == pytest.approx(np.square(targets).mean())
    assert found.concordance == 0.5 and found.float32_bytes == 4000 and found.trials == 1
    assert 0 < found.dense_bytes < found.size_bytes
    before, names = tmp_path / "before", [f"old_{row}" for row in range(len(sizes_of(model)))]
    before.mkdir()
    write_json(before / SEARCH, {"names": names})
    trial = Trial(1, {"old_1": {"prune": 0.5}}, -0.25, 200, True, False, False, 1.0)
    (before / TRIALS).write_text(json.dumps(asdict(trial)) + "\n")
    assert affinity_figures.compressed(data, 1, tmp_path, 0.0, print, 3, before).seed == 1


def found(seed, after, size):
    return FoundAffinity(
        data="davis", seed=seed, base_valid_mse=0.25, valid_mse=0.24, base_mse=0.26, mse=after,
        base_concordance=0.87, concordance=0.88, dense_float32_bytes=4000, dense_bytes=100,
        float32_bytes=5000, size_bytes=size, trials=9, seconds=60,
    )  # fmt: skip


def test_table_by_hand():
    row = list(affinity_figures.table([found(0, 0.25, 200), found(1, 0.27, 300)]))[-1]
    same = "0.2500 (0.0000) | 0.2400 (0.0000) | 0.2600 (0.0000)"
    assert row == (
        f"| davis | 0, 1 | {same} | 0.2600 (0.0141) | 0.8700 (0.0000) | 0.8800 (0.0000) "
        "| 0.0250 (0.0000) | 0.0500 (0.0141) | 300 |"
    )


def drawn(monkeypatch, out, *more):
    monkeypatch.setattr(sys, "argv", ["x", "--affinity-folder", "any/deepdta_davis",
                                      "--out", str(out), *more])  # fmt: skip
    reproduce_compression.main()
    return (out / "deepdta.md").read_text()


def test_tables_of_what_is_finished(tmp_path, monkeypatch, capsys):
    write_json(tmp_path / "deepdta.json", [asdict(found(1, 0.25, 200))])
    (tmp_path / "davis_1.png").touch()
    page = drawn(monkeypatch, tmp_path, "--drawn")
    row = "| davis | 1 | 0.2500 | 0.2400 | 0.2600 | 0.2500 |"
    assert row in capsys.readouterr().out
    assert row in page and "![trials of davis, seed 1](davis_1.png)" in page


def test_a_row_is_measured_once_and_others_are_kept(data, tmp_path, monkeypatch):
    def compressed(data, seed, run, keep_loss, show, steps, like):
        made.append((seed, like))
        (run / "search").mkdir(parents=True)
        trial = Trial(1, {"a/kernel": {"prune": 0.5}}, -0.25, 200, True, False, False, 1.0)
        (run / "search" / TRIALS).write_text(json.dumps(asdict(trial)) + "\n")
        return found(seed, 0.25, 200)

    made = []
    monkeypatch.setattr(affinity_figures, "compressed", compressed)
    monkeypatch.setattr(reproduce_compression, "read_affinities", lambda *_: data)
    write_json(tmp_path / "deepdta.json", [asdict(found(1, 0.27, 300))])
    page = drawn(monkeypatch, tmp_path, "--seeds", "3", "--runs", str(tmp_path / "runs"))
    assert made == [(0, None), (2, tmp_path / "runs" / "davis_0" / "search")]
    assert "| davis | 0, 1, 2 |" in page and "| 300 |" in page
    assert [(tmp_path / f"davis_{seed}.png").exists() for seed in range(3)] == [True, False, True]
    rows = json.loads((tmp_path / "deepdta.json").read_text())
    assert rows == [asdict(found(1, 0.27, 300)), *(asdict(found(s, 0.25, 200)) for s in (0, 2))]
