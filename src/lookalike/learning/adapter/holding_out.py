"""What is kept back before anything is learnt, to measure with afterwards."""

from __future__ import annotations

import numpy as np

from lookalike.errors import BadParameter
from lookalike.learning.adapter.groups import Groups
from lookalike.learning.adapter.judged import Judged
from lookalike.learning.adapter.told import HoldOut, Told

LEAST = 6
"""Fewer groups than this show nothing: even if all of 5 are better, that is chance in 1 of 16."""

_THIRDS = 3 * LEAST


def chosen_way(told: Told, asked: str | None) -> HoldOut:
    """Return what is to be held out.

    Parameters
    ----------
    told : Told
    asked : {"groups", "pictures"}, optional
        Whole groups, if there are enough; otherwise pictures of each group. Of judged answers it is
        always whole queries.

    Raises
    ------
    BadParameter
        Too little is told to learn and to measure.
    """
    if isinstance(told, Judged):
        if asked not in (None, "queries"):
            raise BadParameter(f"of judged answers whole queries are held out, not {asked}")
        if (count := len(told.units())) < 2 * LEAST:
            raise BadParameter(
                f"of {count} queries good and bad answers are known; at least {2 * LEAST} are "
                "needed, half to learn from and half to see whether it helps. Mark more"
            )
        return "queries"
    assert isinstance(told, Groups)  # noqa: S101  (there are two kinds)
    pairs, fours = told.count(2), told.count(4)
    if asked not in (None, "groups", "pictures"):
        raise BadParameter(f"what can be held out is groups or pictures, not {asked!r}")
    if asked in (None, "groups") and pairs >= 2 * LEAST:
        return "groups"
    if asked in (None, "pictures") and fours >= LEAST:
        return "pictures"
    needed = {
        "groups": f"{2 * LEAST} groups of 2, to hold out whole groups",
        "pictures": f"{LEAST} groups of 4, to hold out pictures of each",
    }
    raise BadParameter(
        f"of groups with 2 pictures or more there are {pairs}, with 4 or more {fours}; to learn "
        "from some and to see on others whether it helps takes "
        + (needed[asked] if asked else ", or ".join(needed.values()))
        + ". What belongs together can also be told by a column, a file, or marks: --labels"
    )


def held_out(told: Told, how: HoldOut, seed: int, parts: int | None = None) -> tuple[Told, Told]:
    """Return what may be learnt from, and what is measured with at the end.

    Parameters
    ----------
    told : Told
    how : str
    seed : int
    parts : int, optional
        One of so many is held out: of three groups or queries, but at least six; or of two pictures
        of each group.
    """
    if isinstance(told, Judged):
        count = len(told.units())
    else:
        assert isinstance(told, Groups)  # noqa: S101
        count = told.count(2)
    thirds = how != "pictures" and count >= _THIRDS
    return told.folds(how, parts or (3 if thirds else 2), np.random.default_rng(seed))[0]


def inner_folds(told: Told, how: HoldOut, most: int, seed: int) -> list[tuple[Told, Told]]:
    """Return how what may be learnt from is cut again, to choose settings by.

    Parameters
    ----------
    told : Told
    how : str
        As it was held out, if that can be done again: a group may have too few pictures now.
    most : int
        How many of the folds.
    seed : int
    """
    if how == "pictures" and isinstance(told, Groups) and told.count(4) < 2:
        how = "groups"
    folds = told.folds(how, 2 if how == "pictures" else 3, np.random.default_rng((seed, 1)))
    return folds[:most]
