import pytest

from pnet_tf.errors import InputError
from pnet_tf.synthesis.budget import check_budget, parse_budget
from pnet_tf.synthesis.records import FINISHED, Record
from pnet_tf.synthesis.requirements import broken, parse_requirements, with_unit


def test_limits_are_read_and_told_as_they_are_written():
    given = ["accuracy>=92%", "bytes <= 32000", "latency<=0.5x", "macs<=1e6", "runtime<=2.14"]
    found = parse_requirements(given)
    assert [one.limit for one in found] == [0.92, 32_000, 0.5, 1e6, 2.14]
    assert [str(one) for one in found] == [
        "accuracy>=0.92", "bytes<=32000", "latency<=0.5x", "macs<=1000000", "runtime<=2.14",
    ]  # fmt: skip
    assert parse_requirements([str(one) for one in found]) == found


@pytest.mark.parametrize(
    "given, sentence",
    [
        (["bytes"], "must be like \"bytes<=32000\", got 'bytes'"),
        (["speed<=3"], "must be on accuracy, bytes, latency, arena, macs, runtime, got 'speed'"),
        (["bytes>=3"], "a limit on bytes must be <=, got 'bytes>=3'"),
        (["accuracy<=0.5"], "a limit on accuracy must be >="),
        (["accuracy>=1.5"], "accuracy is a share from 0 to 1"),
        (["bytes<=0"], "must be like"),
        (["bytes<=1e999"], "must be like"),
        (["bytes<=5x"], "must be like"),
        (["runtime<=2.16"], "runtime must be <=2.14"),
        (["bytes<=5", "bytes<=9"], "there are two limits on bytes"),
    ],
)
def test_what_is_no_limit_is_refused(given, sentence):
    with pytest.raises(InputError) as caught:
        parse_requirements(given)
    assert sentence in str(caught.value)


def test_a_limit_is_broken_beyond_it_and_not_at_it():
    limits = parse_requirements(["accuracy>=0.9", "bytes<=1000"])
    assert broken(limits, {"accuracy": 0.9, "bytes": 1000}) == []
    assert broken(limits, {"accuracy": 0.89, "bytes": 1000}) == [limits[0]]
    assert broken(limits, {"bytes": 1001}) == [limits[1]]  # what was not measured is not judged
    assert limits[1].excess(1500) == pytest.approx(0.5)
    assert limits[0].excess(0.45) == pytest.approx(0.5)


def test_measured_values_as_a_person_reads_them():
    values = {"bytes": 11792.0, "latency": 0.18731, "arena": 512.0, "accuracy": 0.9}
    assert [with_unit(*one) for one in values.items()] == ["11,792", "0.187x", "512", "90.00%"]
    assert [with_unit("runtime", one) for one in (2.14, 99.0)] == [
        "tflite-runtime 2.14", "a newer runtime",
    ]  # fmt: skip


def ended(epochs):
    return Record(0, {}, {}, FINISHED, epochs=epochs)


def test_budgets():
    hours, epochs = parse_budget("1.5h"), parse_budget("40epochs")
    assert not hours.spent([], 5399, 10) and hours.spent([], 5400, 10)
    assert not epochs.spent([ended(20), ended(10)], 1e9, 10)
    assert epochs.spent([ended(20), ended(11)], 0, 10)  # a whole network does not fit any more
    assert parse_budget("90s").seconds == 90 and parse_budget("2m").seconds == 120
    with pytest.raises(InputError, match="too short for one network, which trains for 41 epochs"):
        check_budget(epochs, 41)
    check_budget(epochs, 40)


@pytest.mark.parametrize("text", ["", "5", "2 days", "-1h", "0h", "h", "1e3s", None])
def test_what_is_no_budget_is_refused(text):
    with pytest.raises(InputError, match="budget must be like 2h, 30m, 90s or 400epochs"):
        parse_budget(text)
