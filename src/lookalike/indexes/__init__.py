"""Vectors → neighbours. One file is one index, and its name."""

from lookalike.indexes.base import Index, Neighbours
from lookalike.indexes.exact import Exact

__all__ = ["Exact", "Index", "Neighbours"]
