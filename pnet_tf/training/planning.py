"""All that a fit needs, built and checked before its first step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._keras import keras, require_keras, tf
from ..compress.plan import CompressionPlan
from ..data import Dataset
from ..data.spec import InputSpec
from ..errors import InputError
from ..model import ProjectionNet, build_student
from ..settings import Settings, StudentConfig
from ..trainers import Trainer, build_trainer, load_teacher_logits, wrap_trainer
from ..trainers.custom import check_output
from ..trainers.stored import check_logits
from .fitted import JointTraining
from .graph import (
    GraphExamples,
    InputGraph,
    graph_examples,
    graph_terms,
    read_input_graph,
)
from .joint import EPOCH_STEPS, JointFit
from .objective import Term, joint_objective
from .preparation import prepare
from .trainer_first import TrainerFirst
from .types import StepHook
from .unlabelled import UnlabelledExamples, unlabelled_examples, with_made


def plan_fit(
    data: Dataset,
    settings: Settings,
    *,
    trainer: Trainer | keras.Model | None = None,
    student: keras.Model | None = None,
    terms: Sequence[Term] | None = None,
    teacher_logits: np.ndarray | None = None,
    graph: InputGraph | None = None,
    unlabelled: Any = None,
) -> JointTraining:
    """Build and check all that a fit needs; arguments as `fit` has them."""
    given, carried = data, _from_graph(data, settings, graph, teacher_logits)
    spec = InputSpec.of(data.kind, data.input_shape, settings.byte_length)
    outputs = outputs_of(data)
    seed_everything(settings.seed)
    if student is None:
        student = build_student(StudentConfig.of(settings, spec, outputs))
    else:
        require_keras(student, keras.Model, "student")
        check_output("student", student, spec.shape, spec.dtype, outputs)
    objective = joint_objective(settings.loss) if terms is None else tuple(terms)
    objective += graph_terms(settings.graph) if carried and terms is None else ()
    more = _unlabelled(data, settings, unlabelled, trainer, teacher_logits)
    _check_together(carried, more, settings)
    added = carried or more
    data = added.data if added else data
    teacher = choose_trainer(data, settings, spec, trainer, teacher_logits)
    teacher_logits = _stored_logits(data, settings, teacher_logits, outputs)
    _check_taught(more, settings, teacher)
    more = with_made(more, data, settings, teacher.similar_words if teacher else None)
    data = more.data if more else data
    extra = carried.extra if carried else None
    prepared = prepare(data, spec, settings, student, teacher, teacher_logits, extra)
    count = more.count if more else 0
    joint = JointFit(
        student,
        teacher.model if teacher else None,
        prepared.train,
        prepared.valid,
        terms=objective,
        task=data.task,
        schedule=settings.schedule,
        seed=settings.seed,
        class_weights=prepared.class_weights,
        freeze_trainer=settings.freeze_trainer or settings.trainer_first,
        view=prepared.view,
        compression=_compression(student, settings),
        unlabelled=count,
        ratio=settings.unlabelled.ratio,
        least_steps=EPOCH_STEPS if count else 0,
        calibrate=settings.loss.calibrate,
    )
    first = None
    if settings.trainer_first and teacher:
        made = more.made if more else 0
        first = TrainerFirst(teacher.model, prepared, joint, settings, count, made)
    return JointTraining(
        given, settings, spec, student, teacher, prepared, joint, first, carried, more
    )


def _stored_logits(
    data: Dataset, settings: Settings, given: np.ndarray | None, outputs: int
) -> np.ndarray | None:
    """Logits of train that are given, else those of the file that the settings name."""
    if given is not None:
        return check_logits("teacher_logits", np.asarray(given), len(data.train.targets), outputs)
    if settings.teacher_logits:
        return load_teacher_logits(
            settings.teacher_logits, data.train, data.labels, outputs=outputs
        )
    return None


def _unlabelled(
    data: Dataset,
    settings: Settings,
    given: Any = None,
    trainer: Trainer | keras.Model | None = None,
    teacher_logits: np.ndarray | None = None,
) -> UnlabelledExamples | None:
    """`unlabelled_examples` of what is given and of the settings; None without any."""
    stored = teacher_logits is not None or settings.teacher_logits is not None
    if stored and settings.labels_per_class is not None:
        raise InputError(
            "labels_per_class hides labels, and teacher_logits were made with all of them; give one"
        )
    if stored and settings.augment.transfer:
        raise InputError("teacher_logits are for the examples of train, not for augment.transfer")
    if stored and (given is not None or settings.unlabelled.inputs is not None):
        raise InputError("teacher_logits are for the examples of train, not for unlabelled inputs")
    taught = trainer is not None or settings.trainer.name != "none"
    return unlabelled_examples(data, settings, given, taught=taught)


def _from_graph(
    data: Dataset,
    settings: Settings,
    given: InputGraph | None = None,
    teacher_logits: np.ndarray | None = None,
) -> GraphExamples | None:
    """What the graph given adds, else that of the settings; None without one."""
    if given is None and settings.graph.edges is None:
        return None
    if teacher_logits is not None or settings.teacher_logits:
        raise InputError("teacher_logits are for the examples of train; a graph has others")
    if given is None:
        given = read_input_graph(str(settings.graph.edges), data)
    return graph_examples(data, given, settings.graph)


def check_settings(data: Dataset, many: Sequence[Settings]) -> None:
    """Raise the InputError that `fit` would end with for any of `many` whole settings.

    Trainer, graph and unlabelled inputs are those of the first: give settings with the same ones.
    """
    carried, unlabelled = _from_graph(data, many[0]), _unlabelled(data, many[0])
    _check_together(carried, unlabelled, many[0])
    for settings in many:
        spec = InputSpec.of(data.kind, data.input_shape, settings.byte_length)
        build_student(StudentConfig.of(settings, spec, outputs_of(data)))
        joint_objective(settings.loss)
    spec = InputSpec.of(data.kind, data.input_shape, many[0].byte_length)
    _check_taught(unlabelled, many[0], choose_trainer(data, many[0], spec, None, None))
    with_made(unlabelled, data, many[0])


def _check_together(
    carried: GraphExamples | None, unlabelled: UnlabelledExamples | None, settings: Settings
) -> None:
    if carried and (unlabelled or settings.augment.transfer):
        what = "unlabelled inputs" if unlabelled else "augment.transfer"
        what = "labels_per_class" if unlabelled and unlabelled.hidden else what
        raise InputError(f"a graph and {what} cannot be learned from at once; give one")


def _check_taught(
    unlabelled: UnlabelledExamples | None, settings: Settings, teacher: Trainer | None
) -> None:
    if teacher is None and (settings.augment.transfer or (unlabelled and unlabelled.count)):
        made = settings.augment.transfer
        what = "inputs that augment.transfer makes" if made else "unlabelled inputs"
        raise InputError(f"{what} are for a trainer to answer, and there is none")


def outputs_of(data: Dataset) -> int:
    """Logits of a classifier of `data`, or its values for regression."""
    return len(data.labels) if data.task == "classification" else int(data.train.targets.shape[1])


def seed_everything(seed: int) -> None:
    """Python's, NumPy's and TensorFlow's random numbers, and TensorFlow's determinism."""
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def choose_trainer(
    data: Dataset,
    settings: Settings,
    spec: InputSpec,
    given: Trainer | keras.Model | None,
    teacher_logits: np.ndarray | None,
) -> Trainer | None:
    """The trainer given, else the one that the settings name, else none.

    Raises InputError for settings that contradict each other: a frozen trainer that never learned,
    weights for a trainer that is not there.
    """
    if isinstance(given, Trainer):
        return _fitting(given, data)
    if given is not None:
        return wrap_trainer(given, spec, outputs_of(data))
    stored = settings.teacher_logits is not None or teacher_logits is not None
    if settings.trainer.name == "none" or stored:
        if settings.trainer_weights is not None:
            raise InputError(
                "trainer_weights are for a trainer, and there is none: "
                + ("teacher_logits stand in its place" if stored else "trainer is none")
            )
        for name in ("freeze_trainer", "trainer_first"):
            if getattr(settings, name):
                raise InputError(f"{name} is for a trainer, and there is none")
        return None
    if settings.freeze_trainer and settings.trainer_first:
        raise InputError("freeze_trainer and trainer_first contradict each other; give one")
    if settings.freeze_trainer and settings.trainer_weights is None:
        raise InputError("freeze_trainer needs trainer_weights: an untrained trainer teaches noise")
    return build_trainer(
        settings.trainer.name,
        kind=data.kind,
        task=data.task,
        outputs=outputs_of(data),
        input_shape=data.input_shape,
        train_inputs=data.train.inputs,
        seed=settings.seed,
        options=settings.trainer.options,
    )


def _fitting(trainer: Trainer, data: Dataset) -> Trainer:
    """`trainer`; raises InputError unless it takes the inputs of `data` and has their outputs."""
    title = f"trainer {trainer.name}"
    try:
        encoded = trainer.encode(data.train.inputs[:1])
    except Exception as error:
        raise InputError(
            f"{title} is for other inputs than these {data.kind} data: {type(error).__name__}"
        ) from error
    check_output(title, trainer.model, encoded.shape[1:], encoded.dtype.name, outputs_of(data))
    return trainer


def _compression(student: keras.Model, settings: Settings) -> StepHook | None:
    plan = CompressionPlan(settings.prune, settings.cluster)
    if not plan.active:
        return None
    from ..compress.compression import Compression

    head = student.head if isinstance(student, ProjectionNet) else student
    return Compression(head, plan)
