"""Adapters: a linear view of any descriptor's vectors, learnt from what a person tells."""

from lookalike.learning.adapter.learn import train_adapter
from lookalike.learning.adapter.report import AdapterReport, MethodFound

__all__ = ["AdapterReport", "MethodFound", "train_adapter"]
