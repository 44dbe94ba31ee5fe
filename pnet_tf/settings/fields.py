"""Keys of a training's settings: types, ranges, defaults, and what each is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, get_args

import msgspec
from msgspec import Meta

from ..data.spec import InputSpec
from ..errors import InputError
from ..names import PROJECTIONS
from ..parsing import Component, options_of, parse, to_plain

QatMode: TypeAlias = Literal["none", "int8", "int4"]
QAT_MODES: tuple[str, ...] = get_args(QatMode)
FEWEST_CLUSTERS, MOST_CLUSTERS, MOST_SPARSE = 2, 256, 0.95

STANDARD_TERMS = ("trainer", "distillation", "projection")
"""Names of the terms that `loss.lambdas` weighs, in this order."""
Weight: TypeAlias = Annotated[float, Meta(ge=0, le=1e6)]
Rate: TypeAlias = Annotated[float, Meta(gt=0, lt=10)]


class _Frozen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What all settings are made of: keys that do not exist are refused."""


class LossSettings(_Frozen, frozen=True):
    """The objective: weights and options of its terms (Ravi 2017, arXiv 1708.00630, equation 4)."""

    lambdas: Annotated[
        tuple[Weight, Weight, Weight],
        Meta(description="Weights of the terms trainer, distillation, projection; or an object of "
             "some of them by name."),
    ] = (1.0, 0.1, 1.0)  # fmt: skip
    temperature: Annotated[
        float,
        Meta(gt=0, le=1000, description="Divides both logits of the distillation term, whose value "
             "is multiplied by its square (Hinton et al. 2015)."),
    ] = 1.0  # fmt: skip
    teach_trainer: Annotated[
        bool, Meta(description="Whether the distillation term's gradient reaches the trainer.")
    ] = False
    calibrate: Annotated[
        bool, Meta(description="Whether a trainer that does not learn beside the student has its "
                   "logits divided by the temperature that makes the labels of valid most likely "
                   "(Guo et al. 2017).")
    ] = True  # fmt: skip
    label_smoothing: Annotated[
        float, Meta(ge=0, lt=1, description="Share of each label spread over all classes.")
    ] = 0.0
    terms: Annotated[
        dict[str, dict[str, Any]],
        Meta(description="Further terms by name, each an object with its weight and options."),
    ] = {}

    def __post_init__(self) -> None:
        if self.lambdas[1] == self.lambdas[2] == 0:
            raise InputError(
                "lambdas must not be 0 for both projection terms: nothing would train it"
            )


class Schedule(_Frozen, frozen=True):
    """How long and how fast: cosine decay to 0 after a linear warm-up.

    `patience` epochs without a better student on the validation split end training and bring the
    best epoch's weights back; 0 keeps the last epoch's. `min_updates` gives few examples more
    epochs.
    """

    epochs: Annotated[int, Meta(ge=1, le=1_000_000, description="Passes over the examples.")] = 30
    min_updates: Annotated[
        int, Meta(ge=0, le=10_000_000, description="Least number of steps: few examples get more "
                  "epochs. An epochs of one's own ends it.")
    ] = 0  # fmt: skip
    max_epochs: Annotated[
        int, Meta(ge=0, le=1_000_000, description="Most epochs that min_updates may ask for; 0: no "
                  "limit.")
    ] = 0  # fmt: skip
    batch_size: Annotated[int, Meta(ge=1, le=1_000_000, description="Examples a step.")] = 64
    learning_rate: Annotated[Rate, Meta(description="Highest rate of the projection network.")] = (
        3e-3
    )
    trainer_learning_rate: Annotated[Rate, Meta(description="Highest rate of the trainer.")] = 1e-3
    weight_decay: Annotated[
        float, Meta(ge=0, le=1, description="Decoupled weight decay (AdamW); 0: Adam.")
    ] = 0.0
    warmup: Annotated[
        float, Meta(ge=0, le=1, description="Share of all steps in which the rate rises.")
    ] = 0.05
    patience: Annotated[
        int, Meta(ge=0, le=1_000_000, description="Epochs without a better student before training "
                  "ends; 0: never.")
    ] = 0  # fmt: skip

    def of_steps(self, steps: int) -> Schedule:
        """The schedule with as many epochs, of so many steps each, as `min_updates` asks."""
        least = -(-self.min_updates // steps)
        least = min(least, self.max_epochs) if self.max_epochs else least
        return msgspec.structs.replace(self, epochs=max(self.epochs, least))


class Augment(_Frozen, frozen=True):
    """Random changes of training inputs, drawn anew in every epoch, and `transfer`, inputs made of
    them once; None: not asked for.
    """

    drop_words: Annotated[
        Annotated[float, Meta(ge=0, le=0.5)] | None,
        Meta(description="Texts: chance of each word to be left out."),
    ] = None
    misspell: Annotated[
        Annotated[float, Meta(ge=0, le=0.5)] | None,
        Meta(description="Texts: chance of each letter to be dropped, doubled, replaced, swapped."),
    ] = None
    shift: Annotated[
        Annotated[int, Meta(ge=0, le=16)] | None,
        Meta(description="Images: pixels that they are moved by at most, in both directions."),
    ] = None
    flip: Annotated[
        bool | None, Meta(description="Images: mirror every second one left to right.")
    ] = None
    rotate: Annotated[
        Annotated[float, Meta(ge=0, le=180)] | None,
        Meta(description="Images: degrees that they are turned by at most, both ways."),
    ] = None
    zoom: Annotated[
        Annotated[float, Meta(ge=0, le=0.5)] | None,
        Meta(description="Images: share that each of their sides grows or shrinks by at most."),
    ] = None
    erase: Annotated[
        Annotated[float, Meta(ge=0, le=0.75)] | None,
        Meta(description="Images: share of each side of a rectangle that is blotted out at most."),
    ] = None
    transfer: Annotated[
        Annotated[int, Meta(ge=0, le=10_000_000)] | None,
        Meta(description="Inputs made of those of train and unlabelled ones, which the trainer "
             "answers like these: texts with words left out, replaced and put together anew, "
             "mixtures of two images or rows of features."),
    ] = None  # fmt: skip


class GraphSettings(_Frozen, frozen=True):
    """What is learned from a graph of inputs: propagated labels, and agreement with neighbours."""

    edges: Annotated[
        str | None,
        Meta(description="A file of edges between inputs: between messages, or an .npz with x, the "
             "inputs of its nodes."),
    ] = None  # fmt: skip
    propagated: Annotated[
        Weight, Meta(description="Weight of the term of labels that the graph carries to nodes "
                     "without one.")
    ] = 5.0  # fmt: skip
    neighbours: Annotated[
        Weight, Meta(description="Weight of the term of agreement with a neighbour.")
    ] = 1.0
    neighbour_weight: Annotated[
        float, Meta(gt=0, le=1e6, description="Propagation: weight of edges beside seeds of 1.")
    ] = 0.1
    prior_weight: Annotated[
        float, Meta(ge=0, le=1e6, description="Propagation: weight of the even distribution.")
    ] = 0.01
    normalise: Annotated[
        bool, Meta(description="Propagation: divide an edge by the root of both degrees.")
    ] = False
    most_labels: Annotated[
        int, Meta(ge=1, le=64, description="Propagation: labels that a node keeps at most.")
    ] = 10


class UnlabelledSettings(_Frozen, frozen=True):
    """Inputs without labels, which the trainer answers and the student learns to answer alike."""

    inputs: Annotated[
        str | None,
        Meta(description="A table of messages, a folder of images, or an .npz with x."),
    ] = None
    ratio: Annotated[
        float, Meta(gt=0, le=64, description="Of them in a step for each example of train.")
    ] = 1.0
    rounds: Annotated[
        int, Meta(ge=0, le=1000, description="Most rounds in which a trainer that learns first "
                  "learns from what it is sure of of them; what is best on valid stays.")
    ] = 5  # fmt: skip
    confidence: Annotated[
        float, Meta(ge=0, le=1, description="Least calibrated score of an answer that it learns "
                    "from; of the inputs at least 40 % are.")
    ] = 0.8  # fmt: skip


class Settings(_Frozen, frozen=True):
    """Everything that decides a training, but for the data."""

    projection: Annotated[Component, Meta(description="Name and options of the projection.")]
    head: Annotated[Component, Meta(description="Name and options of the head.")]
    trainer: Annotated[
        Component, Meta(description="Name and options of the trainer, none, or module:function.")
    ] = msgspec.field(default_factory=lambda: Component("none"))
    byte_length: Annotated[
        int, Meta(ge=1, le=65536, description="Texts: UTF-8 bytes of a message, padded or cut.")
    ] = 128
    loss: LossSettings = LossSettings()
    schedule: Schedule = Schedule()
    augment: Augment = Augment()
    class_weights: Annotated[bool, Meta(description="Weigh classes by 1 / frequency.")] = False
    freeze_trainer: Annotated[
        bool, Meta(description="Do not train the trainer; needs trainer_weights.")
    ] = False
    trainer_first: Annotated[
        bool, Meta(description="The trainer learns alone, for as many epochs; the student then "
                   "learns from its answers.")
    ] = False  # fmt: skip
    trainer_weights: Annotated[
        str | None, Meta(description="A finished run whose trainer to start from.")
    ] = None
    teacher_logits: Annotated[
        str | None, Meta(description="An .npz of stored logits that teach instead of a trainer.")
    ] = None
    graph: GraphSettings = GraphSettings()
    unlabelled: UnlabelledSettings = UnlabelledSettings()
    labels_per_class: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="Hide all but so many labels of each class of train; the other examples "
             "are learned from as unlabelled ones."),
    ] = None  # fmt: skip
    qat: Annotated[
        QatMode, Meta(description="Quantisation-aware training.")
    ] = "none"
    prune: Annotated[
        float, Meta(ge=0, le=MOST_SPARSE, description="Share of each matrix of the head made 0.")
    ] = 0.0
    cluster: Annotated[
        int, Meta(ge=0, le=MOST_CLUSTERS, description="Values of a matrix beside zeros; 0: any.")
    ] = 0
    valid_fraction: Annotated[
        float, Meta(gt=0, lt=1, description="Share of train held out where the data bring no "
                    "validation split.")
    ] = 0.1  # fmt: skip
    seed: Annotated[
        int, Meta(ge=0, le=2**32 - 1, description="Of everything random: one seed, one result.")
    ] = 0

    def __post_init__(self) -> None:
        if 0 < self.cluster < FEWEST_CLUSTERS:
            raise InputError(
                f"cluster must be {FEWEST_CLUSTERS}..{MOST_CLUSTERS} or 0 for none, "
                f"got {self.cluster}"
            )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `parse_settings` reads, `augment` without what is not asked for."""
        plain = to_plain(self)
        plain["augment"] = {k: v for k, v in plain["augment"].items() if v is not None}
        return plain


class StudentConfig(_Frozen, frozen=True):
    """Everything that decides the student's topology and its fixed parts."""

    input: InputSpec
    outputs: Annotated[int, Meta(ge=1, le=65536)]
    projection: Component
    head: Component
    qat: QatMode = "none"
    prune: Annotated[float, Meta(ge=0, le=MOST_SPARSE)] = 0.0
    cluster: Annotated[int, Meta(ge=0, le=MOST_CLUSTERS)] = 0

    @classmethod
    def of(cls, settings: Settings, spec: InputSpec, outputs: int) -> StudentConfig:
        """The student that `settings` ask for; a projection with a seed gets the run's."""
        projection = settings.projection
        if "seed" in options_of(PROJECTIONS.get(projection.name)):
            projection = projection.with_defaults(seed=settings.seed)
        return cls(
            input=spec,
            outputs=outputs,
            projection=projection,
            head=settings.head,
            qat=settings.qat,
            prune=settings.prune,
            cluster=settings.cluster,
        )

    @classmethod
    def parse(cls, config: StudentConfig | Mapping[str, Any]) -> StudentConfig:
        """A configuration, or its plain JSON form, checked."""
        return config if isinstance(config, StudentConfig) else parse(config, cls)


def parse_settings(value: Any, where: str = "") -> Settings:
    """Whole settings from plain JSON; `where` begins the InputError's sentence."""
    return parse(value, Settings, where)
