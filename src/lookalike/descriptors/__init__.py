"""Picture → vector. One file is one family of descriptors, and its name."""

from lookalike.descriptors.base import STAGED, Descriptor, label
from lookalike.descriptors.spec import DESCRIPTORS, NEEDING, create, names
from lookalike.descriptors.staged import Staged
from lookalike.descriptors.together import describe_together

DEFAULT = "glance"
"""What is used when no descriptor is named: the best that comes with the package."""

KEPT_BY_DEFAULT = (DEFAULT, "glance_copy")
"""What a new gallery keeps when no descriptor is named: all that one pass of the network gives."""

__all__ = [
    "DEFAULT",
    "DESCRIPTORS",
    "KEPT_BY_DEFAULT",
    "NEEDING",
    "STAGED",
    "Descriptor",
    "Staged",
    "create",
    "describe_together",
    "label",
    "names",
]
