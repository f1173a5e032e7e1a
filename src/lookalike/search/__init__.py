"""Query → matches."""

from lookalike.search.compare import Comparison, ComparisonRow, compare
from lookalike.search.matches import Match, Matches
from lookalike.search.query import Query
from lookalike.search.rank import rank

__all__ = ["Comparison", "ComparisonRow", "Match", "Matches", "Query", "compare", "rank"]
