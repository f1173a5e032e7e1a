"""What was told of pictures: cut into parts, and asked."""

import numpy as np
import pytest

from lookalike.errors import BadParameter
from lookalike.learning.adapter.groups import Groups, joined
from lookalike.learning.adapter.holding_out import chosen_way, held_out, inner_folds
from lookalike.learning.adapter.judged import Judged


def groups(*sizes: int) -> Groups:
    group = np.repeat(np.arange(len(sizes)), sizes)
    return Groups(np.arange(len(group)) + 100, group)


def judged(units: int, each: int = 4) -> Judged:
    """Each unit is one question with as many answers, the first half of them right."""
    asked = np.repeat(np.arange(units), each)
    found = units + np.arange(units * each)
    same = np.tile(np.arange(each) < each // 2, units)
    return Judged(asked, found, same, np.stack([asked, asked], axis=1))


def test_whole_groups_are_held_out():
    told = groups(*[3] * 12, 1)
    for learnt, held in told.folds("groups", 3, np.random.default_rng(0)):
        assert not set(learnt.group) & set(held.group)
        assert sorted([*learnt.rows, *held.rows]) == list(told.rows)
        assert held.count(2) == 4
        assert 12 in learnt.group  # alone it cannot be asked for


def test_half_of_the_pictures_of_each_group_are_held_out():
    told = groups(4, 5, 7, 3)
    (learnt, held), (other, rest) = told.folds("pictures", 2, np.random.default_rng(0))
    assert [len(held.places[group]) for group in range(3)] == [2, 3, 4]
    assert 3 not in held.places and len(learnt.places[3]) == 3
    assert not set(held.rows) & set(rest.rows)
    assert not set(learnt.rows) & set(held.rows)
    assert set(held.rows) <= set(other.rows)


def test_what_is_never_seen_is_asked_for_where_there_are_enough_groups():
    assert chosen_way(groups(*[2] * 12), None) == "groups"
    assert chosen_way(groups(*[4] * 11), None) == "pictures"
    assert chosen_way(groups(*[4] * 12), "pictures") == "pictures"
    assert chosen_way(judged(12), None) == "queries"


@pytest.mark.parametrize(
    ("told", "asked", "message"),
    [
        (groups(20), None, "^of groups with 2 pictures or more there are 1, with 4 or more 1"),
        (groups(*[3] * 11), None, "12 groups of 2, to hold out whole groups, or 6 groups of 4"),
        (groups(*[4] * 11), "groups", "takes 12 groups of 2, to hold out whole groups. What"),
        (groups(*[4] * 12), "halves", "not 'halves'"),
        (judged(11), None, "of 11 queries good and bad answers are known; at least 12"),
        (judged(12), "groups", "whole queries are held out, not groups"),
    ],
)
def test_too_little_to_learn_from_is_refused(told, asked, message):
    with pytest.raises(BadParameter, match=message):
        chosen_way(told, asked)


def test_at_least_six_groups_are_held_out():
    assert held_out(groups(*[2] * 12), "groups", 0)[1].count(2) == 6
    assert held_out(groups(*[2] * 30), "groups", 0)[1].count(2) == 10
    assert len(held_out(judged(12), "queries", 0)[1].units()) == 6


def test_where_pictures_are_too_few_to_be_cut_again_settings_are_chosen_by_groups():
    learnt, _ = held_out(groups(*[4] * 6), "pictures", 0)
    folds = inner_folds(learnt, "pictures", 3, 0)
    assert len(folds) == 3
    assert all(not set(part.group) & set(rest.group) for part, rest in folds)


def test_average_precision_of_groups_leaves_the_query_out():
    vectors = np.zeros((6, 1), np.float32)
    vectors[:, 0] = [0, 1, 3, 4, 7, 12]
    told = Groups(np.arange(6), np.array([0, 0, 1, 0, 1, 2]))
    # Of group 0: from 0 come 1, 3, 4, 7, 12, of which 1 and 4 are right: (1 + 2/3) / 2.
    # From 1: 0, 3, 4 (right, wrong, right): (1 + 2/3) / 2. From 4: 3, 1, 7, 0: (1/2 + 2/4) / 2;
    # 1 and 7 are as far, and 1 has the lower row.
    # Of group 1: from 3 come 4, 1, 0, 7: 1/4. From 7: 4, 3: 1/2. Group 2 is alone.
    assert told.precisions(vectors, "euclidean", 100) == pytest.approx(
        {0: (5 / 6 + 5 / 6 + 1 / 2) / 3, 1: (1 / 4 + 1 / 2) / 2}
    )


def test_many_pictures_are_asked_with_evenly():
    told = groups(50, 5, 5)
    asked = told._asked(12)
    assert np.bincount(told.group[asked]).tolist() == [4, 4, 4]


def test_average_precision_of_judged_answers():
    vectors = np.array([[0.0], [1], [2], [3], [9]], np.float32)
    told = Judged(
        asked=np.array([0, 0, 0, 4]),
        found=np.array([1, 2, 3, 1]),
        same=np.array([False, True, True, True]),
        unit=np.array([[7, 7], [7, 7], [7, 7], [8, 8]]),
    )
    # Wrong, right, right: (1/2 + 2/3) / 2. Of the other question no wrong answer is known.
    assert told.precisions(vectors, "euclidean", 100) == pytest.approx({7: 7 / 12})
    assert told.units().tolist() == [7]


def test_a_tie_says_nothing_of_what_is_right():
    vectors = np.zeros((4, 1), np.float32)
    same = np.array([True, False])
    for found in ([1, 2], [2, 1]):
        told = Judged(np.array([0, 0]), np.array(found), same, np.zeros((2, 2), np.int64))
        expected = 1.0 if found[0] < found[1] else 0.5
        assert told.precisions(vectors, "euclidean", 9) == {0: expected}


def test_a_pair_across_the_cut_is_in_neither_part():
    told = judged(12)
    crossing = Judged(
        np.append(told.asked, 0),
        np.append(told.found, 1),
        np.append(told.same, False),
        np.append(told.unit, [[0, 1]], axis=0),
    )
    seen = 0
    for learnt, held in crossing.folds("queries", 2, np.random.default_rng(3)):
        assert not set(learnt.asked) & set(held.asked)
        seen += len(learnt.asked) + len(held.asked)
    apart = [0 in held.asked for _, held in crossing.folds("queries", 2, np.random.default_rng(3))]
    both = [1 in held.asked for _, held in crossing.folds("queries", 2, np.random.default_rng(3))]
    assert seen == 2 * 48 + (0 if apart != both else 2)


def test_what_is_the_same_as_the_same_is_the_same():
    found = joined(np.array([1, 5, 8, 3]), np.array([2, 6, 5, 3]))
    assert found == {1: 1, 2: 1, 5: 5, 6: 5, 8: 5, 3: 3}


def test_pairs_of_groups_have_the_same_scatter_as_the_groups():
    random = np.random.default_rng(0)
    vectors = random.standard_normal((12, 4)).astype(np.float32)
    told = Groups(np.arange(12), np.repeat(np.arange(4), 3))
    first, second = np.nonzero(np.triu(told.group[:, None] == told.group, 1))
    pairs = Judged(first, second, np.ones(len(first), bool), np.zeros((len(first), 2), np.int64))
    assert pairs.within(vectors) == pytest.approx(told.within(vectors))


def test_a_batch_asks_each_picture_for_the_others_of_its_group():
    batch = next(groups(3, 2, 1).batches(np.random.default_rng(0)))
    assert sorted(batch.asked) == [100, 101, 102, 103, 104, 105]
    assert batch.same.sum() == 3 * 2 + 2 * 1
    assert not np.diagonal(batch.counted).any() and batch.counted.sum() == 30


def test_a_batch_of_judged_answers_counts_only_what_was_judged():
    told = judged(3)
    batch = next(told.batches(np.random.default_rng(0)))
    rows, columns = np.nonzero(batch.counted)
    pairs = np.stack([batch.asked[rows], batch.found[columns]])
    assert sorted(pairs.T.tolist()) == sorted(np.stack([told.asked, told.found]).T.tolist())
    assert batch.same.sum() == told.same.sum()
