"""Query → matches."""

from lookalike.search.answering import Wanted
from lookalike.search.compare import Comparison, ComparisonRow, compare
from lookalike.search.matches import Match, Matches
from lookalike.search.neighbourhood import NeighbourBlock
from lookalike.search.query import Part, Query
from lookalike.search.rank import rank
from lookalike.search.searcher import Searchers
from lookalike.search.trials import Trial, Tuning
from lookalike.search.upkeep import BuiltIndex

__all__ = [
    "BuiltIndex",
    "Comparison",
    "ComparisonRow",
    "Match",
    "Matches",
    "NeighbourBlock",
    "Part",
    "Query",
    "Searchers",
    "Trial",
    "Tuning",
    "Wanted",
    "compare",
    "rank",
]
