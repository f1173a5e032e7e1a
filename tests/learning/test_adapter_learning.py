"""Learning as a whole: what helps is found, what does not is refused, nothing leaks."""

import importlib
import json

import numpy as np
import pytest

from lookalike.errors import BadParameter
from lookalike.learning.adapter import learn as module
from lookalike.learning.adapter.groups import Groups
from lookalike.learning.adapter.holding_out import held_out
from lookalike.learning.adapter.judged import Judged
from lookalike.learning.adapter.labels import Labelled
from lookalike.learning.adapter.learn import learn

DIM = 12


def hidden(seed: int, groups: int = 18, each: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Pictures whose groups show in the last four components, beneath noise in the others."""
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), each)
    vectors = random.standard_normal((len(group), DIM))
    vectors[:, :-4] *= 3
    vectors[:, -4:] = vectors[:, -4:] * 0.3 + random.standard_normal((groups, 4))[group]
    return vectors.astype(np.float32), group


def told(vectors: np.ndarray, group: np.ndarray) -> Labelled:
    return Labelled("a test", Groups(np.arange(len(group)), np.asarray(group)), vectors)


@pytest.fixture
def quick(monkeypatch):
    """Fewer steps of the gradient, where it is not what is tested."""
    descent = importlib.import_module("lookalike.learning.adapter.methods.contrastive")
    monkeypatch.setattr(descent, "_CHECKED_AT", (4, 8))


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "manhattan"])
@pytest.mark.parametrize("how", ["groups", "pictures"])
def test_what_is_hidden_is_found(metric, how, quick):
    vectors, group = hidden(0)
    report, linear = learn(told(vectors, group), metric, hold_out=how)
    assert report.helps and linear is not None
    assert report.difference.mean > 0.25 and report.difference.low > 0.15
    assert report.metric == ("cosine" if metric == "cosine" else "euclidean")
    assert report.units == (6 if how == "groups" else 18)
    assert sum(one.is_chosen for one in report.methods) == 1
    assert report.heading.startswith("It helps. mAP ")
    fresh, others = hidden(99)
    before = Groups(np.arange(len(others)), others).precisions(fresh, metric, 100)
    after = Groups(np.arange(len(others)), others).precisions(linear(fresh), report.metric, 100)
    assert np.mean(list(after.values())) > np.mean(list(before.values())) + 0.25


def test_what_is_hidden_is_found_by_judged_answers(quick):
    vectors, group = hidden(0, groups=30)
    random = np.random.default_rng(1)
    asked = np.arange(0, len(group), 5)
    pairs = [
        (query, other)
        for query in asked
        for other in [*range(query + 1, query + 5), *random.choice(len(group), 8, replace=False)]
        if query != other
    ]
    asked, found = np.unique(pairs, axis=0).T
    judged = Judged(asked, found, group[asked] == group[found], np.stack([asked, asked], 1))
    report, linear = learn(Labelled("marks", judged, vectors), "cosine")
    assert report.helps and linear is not None
    assert report.held_out == "queries" and report.units == 10
    assert "10 queries that it never saw" in report.heading


@pytest.mark.parametrize("how", ["groups", "pictures"])
def test_labels_without_sense_are_refused(how, quick):
    alarms = 0
    for seed in range(20):
        vectors, group = hidden(seed)
        shuffled = np.random.default_rng(seed).permutation(group)
        report, linear = learn(told(vectors, shuffled), "cosine", hold_out=how, seed=seed)
        assert report.helps == (linear is not None)
        alarms += report.helps
    assert alarms <= 3


def test_nothing_of_what_is_held_out_changes_what_is_fitted(quick, monkeypatch):
    vectors, group = hidden(0)
    fitted = []
    for sense in (True, False):
        labels = group.copy()
        _, held = held_out(told(vectors, group).told, "groups", 0)
        changed = vectors.copy()
        if not sense:
            labels[held.rows] = np.random.default_rng(0).permutation(labels[held.rows])
            changed[held.rows] = np.random.default_rng(0).standard_normal(changed[held.rows].shape)
        seen = []
        scores = module._Task.scores

        def noted(task, rest, linear, *most, seen=seen, scores=scores):
            seen.append(linear)
            return scores(task, rest, linear, *most)

        with monkeypatch.context() as patched:
            patched.setattr(module._Task, "scores", noted)
            report, _ = learn(told(changed, labels), "cosine", hold_out="groups")
        fitted.append((report, [linear for linear in seen if linear is not None]))
    (first, before), (second, after) = fitted
    assert len(before) == len(after) > 3 * 18
    assert all(np.array_equal(a.axes, b.axes) for a, b in zip(before, after, strict=True))
    assert [m.inner for m in first.methods] == [m.inner for m in second.methods]
    assert first.after != second.after


def test_a_gain_that_is_too_small_is_none(quick, monkeypatch):
    monkeypatch.setattr(module, "LEAST_GAIN", 0.9)
    report, linear = learn(told(*hidden(0)), "cosine")
    assert report.difference.mean > 0.25 and report.difference.p_value <= 0.05
    assert not report.helps and linear is None
    assert report.heading.startswith("It helps, but too little to search by it. mAP")


def test_the_last_fit_is_to_all_that_was_told(quick):
    vectors, group = hidden(0)
    _, linear = learn(told(vectors, group), "euclidean")
    assert linear.centre == pytest.approx(vectors.mean(axis=0), abs=1e-5)


def test_pictures_that_nothing_is_told_of_help_to_know_what_varies(quick):
    vectors, group = hidden(0)
    others = hidden(1)[0] + 1
    given = told(np.concatenate([vectors, others]), group)
    _, linear = learn(given, "euclidean")
    assert linear.centre == pytest.approx(given.vectors.mean(axis=0), abs=1e-5)


def test_fewer_dimensions_can_be_asked_for(quick):
    report, linear = learn(told(*hidden(0)), "cosine", dims=5)
    assert report.helps and linear.dim == report.dims == 5
    for dims in (0, DIM + 1):
        with pytest.raises(BadParameter, match=f"dims is 1 to {DIM}"):
            learn(told(*hidden(0)), "cosine", dims=dims)


def test_fewer_vectors_than_dimensions_are_no_obstacle(quick):
    random = np.random.default_rng(0)
    group = np.repeat(np.arange(12), 2)
    report, _ = learn(told(random.standard_normal((24, 40)).astype(np.float32), group), "cosine")
    assert np.isfinite([one.held_out for one in report.methods]).all()


def test_vectors_that_are_all_the_same_teach_nothing(quick):
    group = np.repeat(np.arange(12), 3)
    report, linear = learn(told(np.ones((36, 4), np.float32), group), "cosine")
    assert linear is None and not report.helps


def test_how_far_it_is_is_told(quick):
    seen = []
    learn(told(*hidden(0)), "cosine", progress=seen.append)
    assert {one.stage for one in seen} == {"learning"}
    assert [one.done for one in seen] == list(range(1, len(seen) + 1))
    assert 3 * 18 <= len(seen) <= seen[-1].total == 63


def test_a_report_is_plain_json(quick):
    report, _ = learn(told(*hidden(0)), "cosine")
    said = json.loads(json.dumps(report.as_dict()))
    assert said["helps"] is True and said["difference"]["p_value"] <= 0.05
    assert said["methods"][0]["method"] == "as they are"
    assert json.loads(json.dumps(report.about))["mAP_after"] == report.after.mean
