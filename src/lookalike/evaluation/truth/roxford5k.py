"""Oxford revisited: 70 queries, easy, medium and hard (Radenović et al., CVPR 2018)."""

from __future__ import annotations

from lookalike.evaluation.truth.revisited import Revisited


class ROxford5k(Revisited):
    """Oxford with new annotations."""

    laid_out = (
        "The pictures of oxbuild_images lie in it at any depth; gnd_roxford5k.json, which is made "
        "from gnd_roxford5k.pkl, lies in it or in one of its folders."
    )
