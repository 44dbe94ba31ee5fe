from pnet_tf.compress.ladders import CLUSTERED, PRUNED, between, next_steps
from pnet_tf.compress.plan import CompressionPlan


def test_between_plans_by_hand():
    def plans(**of):
        return {name: CompressionPlan(*values) for name, values in of.items()}

    # prune: ... 0.5 0.7 0.8 0.85 0.9 ...; cluster: none 64 32 24 16 12 ...
    good = plans(a=(0.5, 0), b=(0.9, 12), c=(0.0, 64))
    bad = plans(a=(0.9, 12), b=(0.93, 12, "uq"), c=(0.3, 32), d=(0.0, 16))
    assert between(good, bad) == plans(a=(0.8, 32), b=(0.9, 12), c=(0.0, 64), d=(0.0, 32))
    assert between(good, plans(a=(0.7, 64), b=(0.9, 12), c=(0.0, 64), d=(0.0, 64))) == good


def test_next_steps_are_one_rung_up_each_ladder_and_none_at_its_end():
    steps = dict(next_steps(CompressionPlan(method="uq")))
    assert steps["prune"] == CompressionPlan(0.3, 0, "uq")
    assert steps["cluster"] == CompressionPlan(0.0, 64, "uq")
    # a plan that is on no rung goes to the next one
    assert dict(next_steps(CompressionPlan(0.6, 10))) == {
        "prune": CompressionPlan(0.7, 10), "cluster": CompressionPlan(0.6, 8),
    }  # fmt: skip
    assert list(next_steps(CompressionPlan(PRUNED[-1], CLUSTERED[-1]))) == []
