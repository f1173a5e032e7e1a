"""Lookalike: image search by picture.

>>> from lookalike import Gallery
>>> gallery = Gallery.open("my.gallery")            # doctest: +SKIP
>>> gallery.sync("~/Pictures")                      # doctest: +SKIP
>>> gallery.search("photo.jpg", top=10)             # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lookalike.errors import LookalikeError, PictureError
    from lookalike.evaluation.grid.result import Evaluation
    from lookalike.evaluation.grid.run import evaluate
    from lookalike.evaluation.selftest.result import SelfTest
    from lookalike.evaluation.selftest.run import selftest
    from lookalike.gallery import Gallery
    from lookalike.quick import compare, describe
    from lookalike.search import (
        BuiltIndex,
        Comparison,
        Match,
        Matches,
        NeighbourBlock,
        Trial,
        Tuning,
    )

# Where each public name lives. It is imported when first asked for, so that
# `import lookalike` and `lookalike --help` cost nothing.
_HOMES = {
    "BuiltIndex": "lookalike.search",
    "Comparison": "lookalike.search",
    "Evaluation": "lookalike.evaluation.grid.result",
    "Gallery": "lookalike.gallery",
    "LookalikeError": "lookalike.errors",
    "Match": "lookalike.search",
    "Matches": "lookalike.search",
    "NeighbourBlock": "lookalike.search",
    "PictureError": "lookalike.errors",
    "SelfTest": "lookalike.evaluation.selftest.result",
    "Trial": "lookalike.search",
    "Tuning": "lookalike.search",
    "compare": "lookalike.quick",
    "describe": "lookalike.quick",
    "evaluate": "lookalike.evaluation.grid.run",
    "selftest": "lookalike.evaluation.selftest.run",
}

__all__ = [
    "BuiltIndex",
    "Comparison",
    "Evaluation",
    "Gallery",
    "LookalikeError",
    "Match",
    "Matches",
    "NeighbourBlock",
    "PictureError",
    "SelfTest",
    "Trial",
    "Tuning",
    "compare",
    "describe",
    "evaluate",
    "selftest",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'lookalike' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
