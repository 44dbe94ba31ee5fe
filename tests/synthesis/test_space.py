import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pnet_tf.data.spec import InputSpec
from pnet_tf.errors import InputError
from pnet_tf.model import build_student
from pnet_tf.names import HEADS
from pnet_tf.settings import StudentConfig, make_settings
from pnet_tf.spaces import Space, searched, space_of
from pnet_tf.synthesis.inquisitor import described
from pnet_tf.synthesis.space import PAIR, search_space

SHAPES = {"text": (), "image": (8, 8, 1), "dense": (12,)}
SPACES = {kind: search_space(kind, shape) for kind, shape in SHAPES.items()}
KINDS = st.sampled_from(list(SHAPES))


def test_pairs_of_projections_and_heads_that_fit():
    pairs = {kind: space.dimensions[PAIR] for kind, space in SPACES.items()}
    flat = ("structured+linear", "structured+dense", "structured+lookup")
    assert pairs == {
        "text": ("text+sequence",), "image": (*flat, "local+local"), "dense": flat
    }  # fmt: skip


@settings(deadline=None)
@given(KINDS, st.integers(0, 2**20))
def test_every_network_makes_settings_and_has_the_dimensions_that_count(kind, seed):
    space, rng = SPACES[kind], np.random.default_rng(seed)
    network = space.random(rng)
    for _ in range(4):
        projection, _, head = network[PAIR].partition("+")
        parts = {name.rpartition(".")[0] for name in network} - {""}
        assert parts <= {"training", f"projection.{projection}", f"head.{head}"}
        assert all(value in space.dimensions[name] for name, value in network.items())
        found = make_settings(kind, [space.changes(network)])
        assert (found.projection.name, found.head.name) == (projection, head)
        assert space.check(network) == network
        network = space.mutated(network, rng)


@pytest.mark.parametrize("kind", SHAPES)
def test_starts_and_corners_can_be_built(kind):
    space = SPACES[kind]
    for network in [*map(space.start, space.dimensions[PAIR]), *space.corners()]:
        found = make_settings(kind, [space.changes({**network, "training.qat": "none"})])
        spec = InputSpec.of(kind, SHAPES[kind], found.byte_length)
        assert build_student(StudentConfig.of(found, spec, 3)).head.output_shape == (None, 3)


@settings(deadline=None)
@given(KINDS, st.integers(0, 2**20))
def test_a_mutation_changes_one_to_three_dimensions_of_one_pair(kind, seed):
    space, rng = SPACES[kind], np.random.default_rng(seed)
    network = space.random(rng)
    other = space.mutated(network, rng)
    if other[PAIR] == network[PAIR]:
        changed = [name for name in network if network[name] != other[name]]
        assert 1 <= len(changed) <= 3


def test_local_networks_grow_where_their_sides_halve():
    chosen = {"blocks": 5, "width": 16, "growth": 1.5, "halvings": 2, "first_side": 3,
              "filters": 1, "activation": "relu", "dropout": 0.0}  # fmt: skip
    options = space_of(HEADS.get("local")).options(chosen)
    assert options["channels"] == [16, 16, 24, 24, 36]
    assert options["strides"] == [1, 1, 2, 1, 2]
    assert options["sides"] == [3, 1, 1, 1, 1]


def test_structure_is_what_the_file_shows():
    space = SPACES["text"]
    network = space.start("text+sequence")
    same = {**network, "training.learning_rate": 0.012, "head.sequence.dropout": 0.2}
    other = {**network, "training.qat": "int8"}
    assert space.structure(same) == space.structure(network) != space.structure(other)


def test_a_space_is_narrowed_by_values_of_its_dimensions():
    space = SPACES["text"].narrowed({"head.sequence.embedding": [20, 8], "training.qat": ["int4"]})
    assert space.dimensions["head.sequence.embedding"] == (8, 20)
    assert space.random(np.random.default_rng(0))["training.qat"] == "int4"
    assert space.fingerprint() != SPACES["text"].fingerprint()


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"head.sequence.wide": [1]}, "the space has no dimension 'head.sequence.wide'"),
        ({"training.qat": ["int2"]}, "training.qat must be of none, int8, int4, got 'int2'"),
        ({"training.qat": "int4"}, "must be a list of values"),
        ({"head.sequence.rank": []}, "must be a list of values"),
        ({"head.sequence.rank": ["a"]}, "must be numbers"),
    ],
)
def test_what_is_no_narrowing_is_refused(changes, sentence):
    with pytest.raises(InputError) as caught:
        SPACES["text"].narrowed(changes)
    assert sentence in str(caught.value)


def test_networks_of_another_space_are_refused():
    space = SPACES["dense"]
    network = space.start("structured+dense")
    for damaged in (
        None, {}, {**network, PAIR: "local+local"}, {**network, "head.dense.units": 17},
        {**network, "more": 1}, {k: v for k, v in network.items() if k != "training.qat"},
    ):  # fmt: skip
        with pytest.raises(InputError, match="another space"):
            space.check(damaged)


def test_descriptions_by_hand():
    space = SPACES["dense"].narrowed({
        PAIR: ["structured+linear", "structured+dense"], "training.qat": ["none", "int8"],
        "head.dense.units": [16, 32, 64],
    })  # fmt: skip
    network = space.start("structured+dense")
    row = dict(zip(_columns(space), described(space, network), strict=True))
    assert row["head.dense.units"] == 0.5
    assert (row["network=structured+linear"], row["network=structured+dense"]) == (0, 1)
    assert (row["training.qat=none"], row["training.qat=int8"]) == (1, 0)
    assert row["head.linear.bit_dropout"] == -0.5  # of the other head


def _columns(space):
    for name, values in space.dimensions.items():
        if isinstance(values[0], str):
            yield from (f"{name}={value}" for value in values)
        else:
            yield name


def test_a_head_of_ones_own_brings_its_space(monkeypatch):
    def head(input_shape, outputs, *, width=3):
        raise NotImplementedError

    mine = searched(Space({"width": (3, 5)}, ranks=(1,)))(head)
    monkeypatch.setattr(HEADS, "_entries", {**HEADS._entries, "mine": mine})
    space = search_space("dense", (12,))
    assert "structured+mine" in space.dimensions[PAIR]
    network = space.start("structured+mine")
    assert space.changes(network)["head"] == {"name": "mine", "width": 5}


def test_a_projection_may_begin_with_a_training_of_its_own():
    space = search_space("image", (28, 28, 1))
    whole, local = space.start("structured+linear"), space.start("local+local")
    assert (whole["training.shift"], local["training.shift"]) == (0, 1)
    assert (whole["training.learning_rate"], local["training.learning_rate"]) == (0.003, 0.005)
