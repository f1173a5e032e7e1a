"""Vectors → neighbours. One file is one index, and its name."""

from lookalike.indexes.base import Index
from lookalike.indexes.graph import neighbour_graph
from lookalike.indexes.neighbours import Neighbours
from lookalike.indexes.spec import INDEXES, brief, create

__all__ = ["INDEXES", "Index", "Neighbours", "brief", "create", "neighbour_graph"]
