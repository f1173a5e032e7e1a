"""Moving house: a gallery with all that is in it from one place to another.

copying    the way: plan, write, wait, compare       ends         what is carried, both ends
plan       what is there already, what is to come    verifying    whether it arrived
local, milvus                  galleries as they are read
local_target, milvus_target    and as they are written
"""

from lookalike.gallery.copying.copying import CopyReport, copy
from lookalike.gallery.copying.verifying import Checks, Searches

__all__ = ["Checks", "CopyReport", "Searches", "copy"]
