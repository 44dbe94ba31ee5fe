import pytest

from pnet_tf.compress.plan import METHODS, CompressionPlan
from pnet_tf.compress.sharing import SHARING
from pnet_tf.errors import InputError


@pytest.mark.parametrize("share", [1.0, -0.1, 0.99991, float("nan"), "half", True])
def test_a_share_outside_its_range_is_refused(share):
    with pytest.raises(InputError, match=r"prune must be 0..0.9999, got"):
        CompressionPlan(prune=share)


@pytest.mark.parametrize("number", [1, 4097, -16, 16.0, 2.5, True, "16"])
def test_a_number_of_clusters_outside_its_range_is_refused(number):
    with pytest.raises(InputError, match=r"cluster must be 2..4096 or 0 for none, got"):
        CompressionPlan(cluster=number)


def test_the_ends_of_the_ranges_are_allowed():
    assert not CompressionPlan(0, 0).active
    assert CompressionPlan(0.95).active and CompressionPlan(0.0, 2).active
    assert CompressionPlan(0.0, 4096).active and CompressionPlan(0.9999).active


def test_a_method_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="method must be one of cws, pws, uq, ecsq, got 'kmeans'"):
        CompressionPlan(cluster=4, method="kmeans")
    assert list(SHARING) == list(METHODS)


def test_steps_by_hand():
    plan = CompressionPlan(0.5, 16)
    assert plan.prune_steps(1000) == (100, 600, 5)
    assert plan.prune_steps(1110) == (111, 666, 5)
    assert plan.cluster_step(1000) == plan.settled_step(1000) == 700
    assert CompressionPlan(0.5).settled_step(1000) == 600
    assert CompressionPlan().settled_step(1000) == 0


@pytest.mark.parametrize("total", [*range(1, 40), 199, 200, 201, 12345])
def test_phases_follow_each_other_within_the_training(total):
    plan = CompressionPlan(0.5, 16)
    first, last, every = plan.prune_steps(total)
    assert 0 <= first < last <= plan.cluster_step(total) <= total
    assert (last - first) % every == 0 and (last - first) // every <= 200
