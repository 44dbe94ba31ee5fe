"""What a run with few labels is told: what messages without labels would bring."""

from __future__ import annotations

from ..training.fitted import JointTraining

FEW = 30
"""Labelled messages a class, from which on unlabelled ones brought little."""
_BROUGHT = (
    "with 10 labels a class of CLINC150 and MiniLM they raised the accuracy from 77 to 90 %, and "
    "made ones without any (augment.transfer) to 85 %"
)


def advice(plan: JointTraining) -> str | None:
    """A sentence for few labelled texts a class; None for other data, and where more is learned
    from than the labels: unlabelled or made inputs, a graph, stored answers.
    """
    data = plan.data
    more = plan.graph or plan.unlabelled or plan.prepared.train.teacher_logits is not None
    if data.kind != "text" or data.task != "classification" or more:
        return None
    each = int((data.train.targets >= 0).sum()) / len(data.labels)
    if each >= FEW:
        return None
    beside = "" if plan.trainer else " and a trainer to answer them, --encoder say"
    return (
        f"{each:.0f} labels a class are few: give messages without labels too (--unlabelled FILE)"
        f"{beside}; {_BROUGHT}"
    )
