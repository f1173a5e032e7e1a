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
    from lookalike.gallery import Gallery, LocalGallery, MilvusGallery, RemoteGallery
    from lookalike.learning.adapter import AdapterReport, train_adapter
    from lookalike.learning.autoencoder import (
        AutoencoderRun,
        AutoencoderSettings,
        train_autoencoder,
    )
    from lookalike.learning.reduction import ReductionReport, reduce
    from lookalike.quick import compare, describe
    from lookalike.search import (
        BuiltIndex,
        Comparison,
        Match,
        Matches,
        NeighbourBlock,
        Part,
        Trial,
        Tuning,
    )
    from lookalike.store.pictures import Picture
    from lookalike.store.vectors import KeptVectors

# Where each public name lives. It is imported when first asked for, so that
# `import lookalike` and `lookalike --help` cost nothing.
_HOMES = {
    "AdapterReport": "lookalike.learning.adapter",
    "AutoencoderRun": "lookalike.learning.autoencoder",
    "AutoencoderSettings": "lookalike.learning.autoencoder",
    "BuiltIndex": "lookalike.search",
    "Comparison": "lookalike.search",
    "Evaluation": "lookalike.evaluation.grid.result",
    "Gallery": "lookalike.gallery",
    "LocalGallery": "lookalike.gallery",
    "LookalikeError": "lookalike.errors",
    "Match": "lookalike.search",
    "Matches": "lookalike.search",
    "MilvusGallery": "lookalike.gallery",
    "NeighbourBlock": "lookalike.search",
    "KeptVectors": "lookalike.store.vectors",
    "Part": "lookalike.search",
    "Picture": "lookalike.store.pictures",
    "PictureError": "lookalike.errors",
    "RemoteGallery": "lookalike.gallery",
    "ReductionReport": "lookalike.learning.reduction",
    "SelfTest": "lookalike.evaluation.selftest.result",
    "Trial": "lookalike.search",
    "Tuning": "lookalike.search",
    "compare": "lookalike.quick",
    "describe": "lookalike.quick",
    "evaluate": "lookalike.evaluation.grid.run",
    "reduce": "lookalike.learning.reduction",
    "selftest": "lookalike.evaluation.selftest.run",
    "train_adapter": "lookalike.learning.adapter",
    "train_autoencoder": "lookalike.learning.autoencoder",
}

__all__ = [
    "AdapterReport",
    "AutoencoderRun",
    "AutoencoderSettings",
    "BuiltIndex",
    "Comparison",
    "Evaluation",
    "Gallery",
    "KeptVectors",
    "LocalGallery",
    "LookalikeError",
    "Match",
    "Matches",
    "MilvusGallery",
    "NeighbourBlock",
    "Part",
    "Picture",
    "PictureError",
    "ReductionReport",
    "RemoteGallery",
    "SelfTest",
    "Trial",
    "Tuning",
    "compare",
    "describe",
    "evaluate",
    "reduce",
    "selftest",
    "train_adapter",
    "train_autoencoder",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'lookalike' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
