"""Conditions that pictures must meet: ``folder = cats and width >= 800 and price < 20``."""

from lookalike.store.where.asking import Allowed, allowed
from lookalike.store.where.parser import parse
from lookalike.store.where.syntax import Condition, written

__all__ = ["Allowed", "Condition", "allowed", "parse", "written"]
