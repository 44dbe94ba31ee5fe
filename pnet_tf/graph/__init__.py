"""Graphs of examples: read, make from bits, and carry labels along their edges."""

from .near import NearPairs, near_from_either, near_pairs, nearest_edges
from .propagation import Propagation, propagate
from .read import read_graph, write_graph
from .run import PropagationReport, propagate_files
from .seeds import Seeds, make_seeds, read_seeds
from .state import Step
from .types import Graph, make_graph

__all__ = [
    "Graph",
    "NearPairs",
    "Propagation",
    "PropagationReport",
    "Seeds",
    "Step",
    "make_graph",
    "make_seeds",
    "near_from_either",
    "near_pairs",
    "nearest_edges",
    "propagate",
    "propagate_files",
    "read_graph",
    "read_seeds",
    "write_graph",
]
