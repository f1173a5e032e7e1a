"""Which method with which settings: by the inner folds, and by nothing else."""

import numpy as np
import pytest

from lookalike.learning.adapter.choosing import Recipe, choose
from lookalike.learning.adapter.groups import Groups
from lookalike.learning.adapter.training import Training


def training() -> Training:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((24, 4)).astype(np.float32)
    told = Groups(np.arange(24), np.arange(24) % 6)
    return Training(vectors, np.arange(24), told, "euclidean", 4)


def scripted(*scores: float):
    """Return what gives these scores to the last that are asked for, and 0 to others before."""
    left = [0.0] * 16 + list(scores)
    return lambda _: left.pop(0)


def test_the_best_mean_over_the_folds_is_chosen_and_what_gets_worse_is_not_followed():
    told = []
    first = scripted(0.5, 0.4, 0.3, 9.0)  # twice worse: 9 is never seen
    second = scripted(0.3, 0.6, 0.1, 9.0)
    found = choose([(training(), first), (training(), second)], lambda: told.append(1))
    whitening, discriminants, contrastive = found
    assert whitening.inner == discriminants.inner == 0
    assert contrastive.inner == pytest.approx(0.5)
    assert contrastive.recipe.settings == {"steps": 40}
    assert contrastive.recipe.start == whitening.recipe  # the first of equals
    assert len(told) == 2 * (16 + 3)
    assert contrastive.recipe.brief == (
        "contrastive: steps 40, after whitening: power 0.25, shrinkage 0.1"
    )


def test_a_recipe_gives_what_was_measured():
    given = training()
    recipe = Recipe(
        "contrastive", {"steps": 20}, Recipe("whitening", {"power": 0.5, "shrinkage": 0.3})
    )
    assert np.array_equal(recipe.fit(given).axes, recipe.fit(training()).axes)
    with pytest.raises(ValueError, match="whitening has no settings"):
        Recipe("whitening", {"power": 7}).fit(given)
