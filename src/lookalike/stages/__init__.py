"""What is done to vectors after a descriptor made them: projected to fewer components, or coded."""

from lookalike.stages.base import Stage, chain
from lookalike.stages.keeping import packed, unpacked
from lookalike.stages.linear import Linear

__all__ = ["Linear", "Stage", "chain", "packed", "unpacked"]
