"""Ways to learn a projection. One file = one method."""

from lookalike.learning.adapter.methods.contrastive import contrastive
from lookalike.learning.adapter.methods.discriminants import discriminants
from lookalike.learning.adapter.methods.whitening import whitening

__all__ = ["contrastive", "discriminants", "whitening"]
