"""Picture → vector. One file is one family of descriptors, and its name."""

from lookalike.descriptors.base import Descriptor, label
from lookalike.descriptors.spec import DESCRIPTORS, create, names

DEFAULT = "classic"
"""What is used when no descriptor is named: the best that needs no network."""

__all__ = ["DEFAULT", "DESCRIPTORS", "Descriptor", "create", "label", "names"]
