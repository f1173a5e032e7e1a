"""Pictures to try a search on, drawn by Lookalike itself: no download, no rights to ask for.

A small ray tracer in NumPy draws things that everybody knows, each from several sides, in several
lights and places. Pictures of one thing form a group, so that it is known what a search should
find. They are the demo's pictures and the fixture of the tests.

The same seed draws the same pictures. Between processors a few pixels may differ by one level,
because their exponentials do; between versions of Pillow the JPEG files may.
"""

from __future__ import annotations

from lookalike.samples.catalogue import NAMES as GROUPS
from lookalike.samples.edits import edits
from lookalike.samples.render import Sample, render, scene

__all__ = ["GROUPS", "Sample", "edits", "render", "scene"]
