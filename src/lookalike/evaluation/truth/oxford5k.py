"""Oxford Buildings: 5,062 photos, 55 queries (Philbin et al., CVPR 2007)."""

from __future__ import annotations

from lookalike.evaluation.truth.buildings import Buildings


class Oxford5k(Buildings):
    """Eleven buildings of Oxford, five queries each."""

    home = "https://www.robots.ox.ac.uk/~vgg/data/oxbuildings/"
    laid_out = (
        "The pictures of oxbuild_images lie in it at any depth, the lists of gt_files_170407 in it "
        "or in one of its folders: gt_files/all_souls_1_query.txt …"
    )
    mark = "all_souls_1"
    prefix = "oxc1_"
    paper = "Oxford Buildings (Philbin et al., 2007)"
