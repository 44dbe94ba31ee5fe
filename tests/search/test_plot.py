"""What the report and the plots of a sweep make of its points."""

from dataclasses import replace

from pnet_tf.search.plot import draw, front_title, training_title
from pnet_tf.search.records import Point, make_report

POINT = Point("60x12-linear-s0-int4", 60, 12, "linear", 0, 0, "int4", 720, 7210, 8000, 0.9, 10,
              0.1, 1.0)  # fmt: skip
LUCKY = replace(POINT, name="60x12-linear-s1-int4", seed=1, accuracy=0.94)
SMALLER = replace(POINT, name="30x12-linear-s0-int4", functions=30, bits=360, size_bytes=6000,
                  accuracy=0.91)  # fmt: skip
LARGER = replace(POINT, name="70x12-linear-s0-int4", functions=70, bits=840, size_bytes=9000,
                 accuracy=0.93)  # fmt: skip


def test_several_seeds_are_named_without_them():
    assert front_title([POINT]) == "60x12-linear-s0-int4"
    assert front_title([POINT, LUCKY]) == "60x12-linear-int4"
    assert training_title([replace(POINT, head="dense", hidden=9)]) == "60x12-dense9"


def test_seeds_of_one_file_stand_on_a_front_together_by_their_mean():
    # 0.91 at 6000 bytes, 0.92 on the mean at 8000, 0.93 at 9000, which the lucky seed would beat
    report = make_report({}, 4, [POINT, LUCKY, SMALLER, LARGER], [])
    assert report.front["bytes"] == (SMALLER.name, POINT.name, LUCKY.name, LARGER.name)
    worse = make_report({}, 4, [POINT, replace(LUCKY, accuracy=0.91), SMALLER, LARGER], [])
    assert worse.front["bits"] == (SMALLER.name, LARGER.name)
    assert [p.front for p in worse.points if p.functions == 60] == [(), ()]


def test_seeds_are_one_mark_with_a_bar(tmp_path):
    one = make_report({"data": "x"}, 2, [POINT, LARGER], [])
    two = make_report({"data": "x"}, 3, [POINT, LUCKY, LARGER], [])
    drawn = {}
    for name, report in (("one", one), ("two", two)):
        (tmp_path / name).mkdir()
        drawn[name] = [path.read_text() for path in draw(tmp_path / name, report)
                       if path.suffix == ".svg"]  # fmt: skip
    for before, after in zip(drawn["one"], drawn["two"], strict=True):
        assert "LineCollection" in after and "LineCollection" not in before
