"""What the plots of a sweep say."""

from dataclasses import replace

from pnet_tf.search.plot import front_titles
from pnet_tf.search.records import Point

POINT = Point("60x12-linear-s0-int4", 60, 12, "linear", 0, 0, "int4", 720, 7210, 8000, 0.9, 10,
              0.1, 1.0)  # fmt: skip


def test_quantisations_of_one_training_share_a_title():
    best = [POINT, replace(POINT, quantize="dynamic"), replace(POINT, head="dense", hidden=128)]
    assert front_titles(best) == ["60x12-linear", "", "60x12-dense128"]


def test_seeds_are_told_apart():
    titles = front_titles([POINT, replace(POINT, seed=1)])
    assert titles == ["60x12-linear-s0", "60x12-linear-s1"]


def test_no_point_no_title():
    assert front_titles([]) == []
