"""`fit`: a data set and settings in, a trained student out; nothing is written.

`plan_fit` builds everything, so that whatever would be refused is refused before the first step;
`JointTraining.run` trains. A run on disk wraps the two (`runs.train`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._keras import keras, require_keras, tf
from ..compress.plan import CompressionPlan
from ..data import Dataset, make_dataset
from ..data.spec import InputSpec
from ..errors import InputError
from ..graph import Graph
from ..model import ProjectionNet, build_student
from ..settings import Settings, StudentConfig, make_settings
from ..trainers import Trainer, build_trainer, load_teacher_logits, wrap_trainer
from ..trainers.custom import check_output
from ..trainers.stored import check_logits
from .graph import (
    GraphExamples,
    InputGraph,
    graph_examples,
    graph_terms,
    make_input_graph,
    read_input_graph,
)
from .joint import EPOCH_STEPS, JointFit
from .objective import Term, joint_objective
from .preparation import Prepared, prepare
from .trainer_first import TrainerFirst
from .types import Silent, StepHook, Watch
from .unlabelled import UnlabelledExamples, unlabelled_examples, with_made

Changes = Settings | Mapping[str, Any] | Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Fitted:
    """What a fit ends with.

    `student` and `trainer` (None without one) have their trained weights. `history` has one row an
    epoch: `loss`, `TERM_loss` of each term, and the metrics of both networks on the training
    examples and (`valid_...`) on the validation split. `best` is the row whose weights the student
    has. `seconds` of training; `cut_messages`: training messages that were cut to fit.
    """

    student: keras.Model
    trainer: Trainer | None
    data: Dataset
    settings: Settings
    spec: InputSpec
    history: tuple[Mapping[str, float], ...]
    best: Mapping[str, float]
    seconds: float
    cut_messages: int

    @property
    def labels(self) -> tuple[str, ...]:
        """Label names in the order of the outputs; () for regression."""
        return self.data.labels


@dataclass(frozen=True)
class JointTraining:
    """A fit that is ready to run: both networks, their arrays, and the joint fit of them.

    `data` as given; with a `graph`, its nodes are examples too, and so are `unlabelled` ones.
    """

    data: Dataset
    settings: Settings
    spec: InputSpec
    student: keras.Model
    trainer: Trainer | None
    prepared: Prepared
    joint: JointFit
    first: TrainerFirst | None = None
    graph: GraphExamples | None = None
    unlabelled: UnlabelledExamples | None = None

    def run(
        self, watch: Watch | None = None, on_epoch: Callable[[JointFit], None] = lambda fit: None
    ) -> Fitted:
        """Train to the end; `on_epoch` may save `joint.state()` before the watch is told."""
        told, joint, started = watch or Silent(), self.joint, time.perf_counter()
        if self.first and not joint.progress.epoch:
            self.first.run(told)

        def close(fit: JointFit) -> None:
            on_epoch(fit)
            told.on_epoch(fit.progress.history[-1], fit.schedule.epochs)

        progress = joint.run(
            on_batch=lambda epoch, step, row: told.on_batch(epoch, step, joint.steps, row),
            on_epoch=close,
        )
        last = progress.best_epoch - 1 if joint.schedule.patience else -1
        return Fitted(
            student=self.student,
            trainer=self.trainer,
            data=self.data,
            settings=self.settings,
            spec=self.spec,
            history=tuple(progress.history),
            best=progress.history[last],
            seconds=time.perf_counter() - started,
            cut_messages=self.prepared.cut_messages,
        )


def fit(
    data: Dataset | tuple[Any, Any],
    settings: Changes = (),
    *,
    recipe: str | None = None,
    trainer: Trainer | keras.Model | None = None,
    student: keras.Model | None = None,
    terms: Sequence[Term] | None = None,
    teacher_logits: np.ndarray | None = None,
    graph: Graph | None = None,
    nodes: Any = None,
    unlabelled: Any = None,
    watch: Watch | None = None,
) -> Fitted:
    """Train a student on `data`, beside a trainer, and give both.

    `data` is a Dataset, or a pair (x, y) for `make_dataset`. `settings` are changes to the recipe
    (None: the default of the kind of input), as a `--config` file has them, or whole Settings.
    `trainer`: a Keras model of raw inputs, or the trainer of an earlier fit, in the place of the
    one that the settings name. `student`: a Keras model of your own, raw inputs -> logits, in the
    place of the one that the settings describe. `terms`: the objective in the place of that of the
    settings. `teacher_logits`: float [examples, outputs] that teach instead of a trainer. `graph`:
    edges between inputs, of which train labels some; `nodes` are the inputs of its nodes (None:
    their names, which are messages). The others learn what label propagation gives them, and all
    to answer as their neighbours do. `unlabelled`: inputs as those of `data`, on which the student
    learns what the trainer answers.

    Python, NumPy and TensorFlow are seeded with the settings' seed and TensorFlow is made
    deterministic: same arguments on one machine, same weights. Raises InputError for bad data or
    settings, WorkError for a loss that is not finite.
    """
    if isinstance(data, tuple):
        data = _from_pair(data, settings, recipe)
    if not isinstance(data, Dataset):
        raise InputError(f"data must be a Dataset or a pair (x, y), got {type(data).__name__}")
    whole = settings if isinstance(settings, Settings) else make_settings(
        data.kind, settings, recipe=recipe, taught=unlabelled is not None and trainer is None
    )  # fmt: skip
    if whole.trainer_weights is not None and trainer is None:
        raise InputError("trainer_weights name a run, which `train` reads; give fit its `trainer`")
    inputs = None if graph is None else make_input_graph(graph, nodes, data)
    plan = plan_fit(data, whole, trainer=trainer, student=student, terms=terms,
                    teacher_logits=teacher_logits, graph=inputs, unlabelled=unlabelled)  # fmt: skip
    return plan.run(watch)


def _from_pair(data: tuple[Any, Any], settings: Changes, recipe: str | None) -> Dataset:
    """Divided as the settings say, whose recipe the kind of input decides."""
    if len(data) != 2:
        raise InputError(f"data must be a pair (x, y), got {len(data)} things; use make_dataset")
    found = make_dataset(*data)
    whole = settings if isinstance(settings, Settings) else make_settings(
        found.kind, settings, recipe=recipe
    )  # fmt: skip
    return make_dataset(*data, seed=whole.seed, valid_fraction=whole.valid_fraction)


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
