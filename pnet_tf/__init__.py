"""Projection networks: train beside a big teacher, hand out one tiny .tflite.

The public names load on first use, so `import pnet_tf` costs no TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from ._keras import keras as keras
    from .coded.container import decode_layers as decode_layers
    from .coded.container import encode_layers as encode_layers
    from .coded.matrix import CodedMatrix as CodedMatrix
    from .coded.matrix import encode_matrix as encode_matrix
    from .compress.choose import choose_plans as choose_plans
    from .compress.coded_model import load_coded as load_coded
    from .compress.coded_model import save_coded as save_coded
    from .compress.int4 import int4_aware as int4_aware
    from .compress.network import compress_model as compress_model
    from .compress.qat import int8_aware as int8_aware
    from .data import Dataset as Dataset
    from .data import InputSpec as InputSpec
    from .data import Split as Split
    from .data import hide_labels as hide_labels
    from .data import load_dataset as load_dataset
    from .data import make_dataset as make_dataset
    from .errors import InputError as InputError
    from .errors import WorkError as WorkError
    from .export.pipeline import export_student as export_student
    from .graph import Graph as Graph
    from .graph import make_graph as make_graph
    from .graph import propagate as propagate
    from .graph import read_graph as read_graph
    from .heads.bits import dense_head as dense_head
    from .heads.bits import linear_head as linear_head
    from .heads.local import local_head as local_head
    from .heads.lookup import lookup_head as lookup_head
    from .heads.sequence import sequence_head as sequence_head
    from .model import ProjectionNet as ProjectionNet
    from .model import build_student as build_student
    from .packing.container import pack as pack
    from .packing.decoder import unpack as unpack
    from .page.make import write_page as write_page
    from .projections.base import Projection as Projection
    from .projections.dense import DenseProjection as DenseProjection
    from .projections.local import LocalProjection as LocalProjection
    from .projections.straight_through import Sign as Sign
    from .projections.structured import StructuredProjection as StructuredProjection
    from .projections.text import TextProjection as TextProjection
    from .report.make import write_report as write_report
    from .runs.evaluate import evaluate_run as evaluate_run
    from .runs.export import export_run as export_run
    from .runs.label_next import label_next_run as label_next_run
    from .runs.train import resume as resume
    from .runs.train import train as train
    from .settings import Schedule as Schedule
    from .settings import Settings as Settings
    from .settings import StudentConfig as StudentConfig
    from .settings import make_settings as make_settings
    from .smart_reply.write import build_smart_reply as build_smart_reply
    from .synthesis.generate import generate as generate
    from .synthesis.generator import load_generator as load_generator
    from .synthesis.synthesize import synthesize as synthesize
    from .tflite.benchmark import benchmark as benchmark
    from .tflite.evaluate import evaluate_model as evaluate_model
    from .tflite.inspect import inspect_model as inspect_model
    from .tflite.model import load_bytes as load_bytes
    from .tflite.model import load_model as load_model
    from .trainers.base import Network as Network
    from .trainers.base import Trainer as Trainer
    from .trainers.build import build_trainer as build_trainer
    from .training.choice import label_next as label_next
    from .training.fit import fit as fit
    from .training.fitted import Fitted as Fitted
    from .training.fitted import JointTraining as JointTraining
    from .training.joint import JointFit as JointFit
    from .training.matching import Hints as Hints
    from .training.matching import Representation as Representation
    from .training.objective import Distillation as Distillation
    from .training.objective import ProjectionLabels as ProjectionLabels
    from .training.objective import Step as Step
    from .training.objective import TrainerLabels as TrainerLabels
    from .training.objective import cross_entropy as cross_entropy
    from .training.objective import distillation as distillation
    from .training.objective import joint_objective as joint_objective
    from .training.planning import plan_fit as plan_fit
    from .training.types import JointData as JointData

_MODULES = {
    "CodedMatrix": "coded.matrix",
    "Dataset": "data",
    "DenseProjection": "projections.dense",
    "Distillation": "training.objective",
    "Fitted": "training.fitted",
    "Graph": "graph",
    "Hints": "training.matching",
    "InputError": "errors",
    "InputSpec": "data",
    "JointData": "training.types",
    "JointFit": "training.joint",
    "JointTraining": "training.fitted",
    "LocalProjection": "projections.local",
    "Network": "trainers.base",
    "Projection": "projections.base",
    "ProjectionLabels": "training.objective",
    "ProjectionNet": "model",
    "Representation": "training.matching",
    "Schedule": "settings",
    "Settings": "settings",
    "Sign": "projections.straight_through",
    "Split": "data",
    "Step": "training.objective",
    "StructuredProjection": "projections.structured",
    "StudentConfig": "settings",
    "TextProjection": "projections.text",
    "Trainer": "trainers.base",
    "TrainerLabels": "training.objective",
    "WorkError": "errors",
    "benchmark": "tflite.benchmark",
    "build_smart_reply": "smart_reply.write",
    "build_student": "model",
    "build_trainer": "trainers.build",
    "choose_plans": "compress.choose",
    "compress_model": "compress.network",
    "cross_entropy": "training.objective",
    "decode_layers": "coded.container",
    "dense_head": "heads.bits",
    "distillation": "training.objective",
    "encode_layers": "coded.container",
    "encode_matrix": "coded.matrix",
    "evaluate_model": "tflite.evaluate",
    "evaluate_run": "runs.evaluate",
    "export_run": "runs.export",
    "export_student": "export.pipeline",
    "fit": "training.fit",
    "generate": "synthesis.generate",
    "hide_labels": "data",
    "inspect_model": "tflite.inspect",
    "int4_aware": "compress.int4",
    "int8_aware": "compress.qat",
    "joint_objective": "training.objective",
    "keras": "_keras",
    "label_next": "training.choice",
    "label_next_run": "runs.label_next",
    "linear_head": "heads.bits",
    "load_bytes": "tflite.model",
    "load_coded": "compress.coded_model",
    "load_dataset": "data",
    "load_generator": "synthesis.generator",
    "load_model": "tflite.model",
    "local_head": "heads.local",
    "lookup_head": "heads.lookup",
    "make_dataset": "data",
    "make_graph": "graph",
    "make_settings": "settings",
    "pack": "packing.container",
    "plan_fit": "training.planning",
    "propagate": "graph",
    "read_graph": "graph",
    "resume": "runs.train",
    "save_coded": "compress.coded_model",
    "sequence_head": "heads.sequence",
    "synthesize": "synthesis.synthesize",
    "train": "runs.train",
    "unpack": "packing.decoder",
    "write_page": "page.make",
    "write_report": "report.make",
}
"""The module, below this package, of each public name."""

__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    """Import the module of a public name on first use (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
