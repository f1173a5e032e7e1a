"""Paris revisited: 70 queries, easy, medium and hard (Radenović et al., CVPR 2018)."""

from __future__ import annotations

from lookalike.evaluation.truth.revisited import Revisited


class RParis6k(Revisited):
    """Paris with new annotations."""

    laid_out = (
        "The pictures of paris_1 and paris_2 lie in it at any depth; gnd_rparis6k.json, which is "
        "made from gnd_rparis6k.pkl, lies in it or in one of its folders."
    )
