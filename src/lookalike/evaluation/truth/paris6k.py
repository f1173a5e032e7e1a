"""Paris: 6,412 photos, 55 queries (Philbin et al., CVPR 2008)."""

from __future__ import annotations

from lookalike.evaluation.truth.buildings import Buildings


class Paris6k(Buildings):
    """Eleven sights of Paris, five queries each."""

    home = "https://www.robots.ox.ac.uk/~vgg/data/parisbuildings/"
    laid_out = (
        "The pictures of paris_1 and paris_2 lie in it at any depth, the lists of paris_120310 in "
        "it or in one of its folders: gt_files/defense_1_query.txt …"
    )
    mark = "defense_1"
    paper = "Paris (Philbin et al., 2008)"
