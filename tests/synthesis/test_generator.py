import contextlib
import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.synthesis.generator import _GIVEN_UP, load_generator
from pnet_tf.synthesis.records import FINISHED, OUTSIDE, Record, finished
from pnet_tf.synthesis.space import search_space
from tests.synthesis.conftest import accuracy, cost, record_of

LIMIT = "bytes<=12000"


def test_a_seed_is_a_network(world):
    learned, again = world(30, (LIMIT,)), world(30, (LIMIT,))
    networks = [learned.network(seed) for seed in range(6)]
    assert networks == [again.network(seed) for seed in range(6)]
    assert len({learned.space.structure(one) for one in networks}) > 3


def test_networks_of_seeds_have_structures_of_their_own(world):
    learned = world(8, (LIMIT,))
    known = {learned.space.structure(record.network) for record in learned.records}
    found = [learned.space.structure(learned.network(seed)) for seed in range(5, 17)]
    assert not known & set(found) and len(set(found)) == len(found)


def test_networks_keep_the_limits_that_were_learned(world):
    learned = world(40, (LIMIT, "accuracy>=0.8"))
    networks = [learned.network(seed) for seed in range(12)]
    assert sum(cost(one) <= 12_000 for one in networks) >= 11
    assert sum(accuracy(one) >= 0.8 for one in networks) >= 9
    anywhere = [learned.space.random(np.random.default_rng(seed)) for seed in range(200)]
    kept = [cost(one) <= 12_000 and accuracy(one) >= 0.8 for one in anywhere]
    assert np.mean(kept) < 0.25  # so it was learned


@pytest.mark.parametrize("utility", ["hypervolume", "netscore"])
def test_proposals_are_new_and_better_than_chance(world, utility):
    learned = world(8, (LIMIT,), utility)
    known = [record.network for record in learned.records]
    for number in range(7):
        network = learned.proposal(number)
        assert network not in known
        known.append(network)
        more = record_of(100 + number, network, learned.requirements)
        learned = replace(learned, records=(*learned.records, more))
    proposed = [record.accuracy for record in finished(learned.records) if record.number >= 100]
    chance = [record.accuracy for record in finished(world(60, (LIMIT,)).records)]
    assert len(proposed) >= 4
    if utility != "netscore":
        assert max(proposed) > np.quantile(chance, 0.8)


def test_the_hypervolume_is_of_what_keeps_the_limits(world):
    asked = world(0, ("bytes<=8000", "accuracy>=0.5"))
    assert asked.hypervolume([2000, 1000], [0.75, 0.5]) == pytest.approx(0.25 * 2)
    assert replace(asked, requirements=asked.requirements[:1]).hypervolume(
        [2000, 1000], [0.75, 0.5]
    ) == pytest.approx(0.75 * 2 + 0.5)


def test_the_first_proposal_is_the_start_or_near_it(world):
    learned = world(0)
    start = learned.space.start("structured+dense")
    bare = replace(learned, records=())
    network = bare.proposal(0)
    assert sum(network[name] != start[name] for name in start) <= 3


def test_every_other_proposal_is_of_a_pair_that_was_not_tried(world):
    learned = world(0)
    space = search_space("dense", (12,))
    pairs = space.dimensions["network"]
    bare = replace(learned, space=space)
    first = bare.proposal(0)
    assert first["network"] == "structured+dense"
    assert bare.proposal(0, [first])["network"] != "structured+dense"
    trained = [Record(n, space.start(pair), {"bytes": 9000.0, "macs": 900.0}, FINISHED, 0.5)
               for n, pair in enumerate((*pairs[:-1], pairs[0]))]  # fmt: skip
    assert replace(bare, records=tuple(trained)).proposal(0)["network"] == pairs[-1]
    assert replace(bare, records=tuple(trained[:-1]))._untried([]) is None
    over = {"bytes": 90000.0, "macs": 900.0}
    outside = [Record(9 + n, space.start(pairs[-1]), over, OUTSIDE) for n in range(_GIVEN_UP)]
    left = replace(bare, records=(*trained, *outside))
    assert left._untried([]) is None
    assert replace(left, records=left.records[:-1])._untried([])["network"] == pairs[-1]


def test_a_saved_generator_gives_the_same_networks(world, tmp_path):
    learned = world(25, (LIMIT, "accuracy>=0.6"))
    learned.save(tmp_path / "g.json")
    read = load_generator(tmp_path / "g.json")
    assert [read.network(seed) for seed in range(5)] == [learned.network(s) for s in range(5)]
    assert read.labels == ("a", "b") and read.requirements == learned.requirements


def refused(path, content):
    path.write_text(content)
    with pytest.raises(InputError, match="is no generator of this version") as caught:
        load_generator(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_damaged_generators_are_one_sentence(world, tmp_path):
    path = tmp_path / "g.json"
    world(4).save(path)
    text = path.read_text()
    plain = json.loads(text)
    first = plain["records"][0]
    changes = [
        {"schema": 2}, {"utility": "x"}, {"kind": "video"}, {"requirements": ["size<3"]},
        {"dimensions": {}}, {"base": {"nothing": 1}}, {"labels": None}, {"records": None},
        {"records": [{**first, "accuracy": "x"}]}, {"records": [{**first, "network": {}}]},
        {"records": [{**first, "curve": [1e999]}]},
    ]  # fmt: skip
    for content in (text[: len(text) // 2], "[]", "{}"):
        refused(path, content)
    for change in changes:
        refused(path, json.dumps({**plain, **change}))
    for key in plain:
        refused(path, json.dumps({name: v for name, v in plain.items() if name != key}))


def test_any_byte_of_a_generator_may_be_another(world, tmp_path):
    path, rng = tmp_path / "g.json", np.random.default_rng(0)
    world(4).save(path)
    text = path.read_text()
    for _ in range(60):
        place = int(rng.integers(len(text)))
        path.write_text(text[:place] + chr(int(rng.integers(32, 127))) + text[place + 1 :])
        with contextlib.suppress(InputError):
            load_generator(path)


def test_a_generator_of_a_file_imports_no_code(world, tmp_path):
    path = tmp_path / "g.json"
    world(4).save(path)
    plain = json.loads(path.read_text())
    plain["base"]["trainer"] = {"name": "antigravity:open"}
    assert "its trainer is code" in refused(path, json.dumps(plain))
    assert "antigravity" not in sys.modules
