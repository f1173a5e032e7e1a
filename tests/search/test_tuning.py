"""Which index searches go by: chosen automatically, or by measuring."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from lookalike import Gallery, LocalGallery, indexes
from lookalike.errors import BadParameter, NotIndexed, UnknownName, UsageError
from lookalike.indexes import Neighbours, brief
from lookalike.search import choice, trials, tuning, upkeep
from lookalike.search.fitting import Fitted
from lookalike.search.trials import Trial, best, recall_of, told, with_frontier
from lookalike.store import Progress

COUNT = 1500


def trial(spec: str, recall: float, ms: float, build: float = 1.0) -> Trial:
    return Trial(spec, recall, ms, 2 * ms, build, 0, 200)


EXACT = trial("exact", 1.0, 3.0, 0.0)


def test_the_quickest_that_finds_enough() -> None:
    measured = [EXACT, trial("a", 0.98, 0.1), trial("b", 0.99, 0.5), trial("c", 1.0, 1.0)]
    assert best(measured, 0.99).spec == "b"
    assert best(measured, 0.995).spec == "c"
    assert best(measured, 0.9).spec == "a"


def test_of_equally_quick_ones_the_one_that_is_built_soonest() -> None:
    measured = [EXACT, trial("a", 1.0, 0.50, 9.0), trial("b", 0.99, 0.54, 2.0)]
    assert best(measured, 0.99).spec == "b"
    assert best([*measured, trial("c", 0.99, 0.4, 9.0)], 0.99).spec == "c"


def test_exact_unless_another_is_worth_it() -> None:
    assert best([EXACT, trial("a", 1.0, 2.1)], 0.99) is EXACT
    assert best([EXACT, trial("a", 1.0, 2.0)], 0.99).spec == "a"
    assert best([EXACT], 0.99) is EXACT


def test_the_frontier_is_what_nothing_beats() -> None:
    measured = [EXACT, trial("a", 0.9, 0.1), trial("b", 0.9, 0.2), trial("c", 0.95, 0.2)]
    assert [one.spec for one in with_frontier(measured) if one.on_frontier] == ["exact", "a", "c"]
    equal = [EXACT, trial("a", 0.9, 0.1), trial("b", 0.9, 0.1)]
    assert all(one.on_frontier for one in with_frontier(equal))


def test_it_says_why() -> None:
    quick, poor, slow = trial("a", 0.995, 0.5), trial("b", 0.5, 0.1), trial("c", 1.0, 2.5)
    assert "a is chosen" in told([EXACT, quick], quick, 0.99, 10)
    assert "0.50 ms, 6.0 times as fast as exact" in told([EXACT, quick], quick, 0.99, 10)
    assert "0.5 at most" in told([EXACT, poor], EXACT, 0.99, 10)
    assert "takes 2.50 ms" in told([EXACT, slow], EXACT, 0.99, 10)
    assert told([EXACT], EXACT, 0.99, 10).startswith("exact takes 3.00 ms, and with so few")


def test_equally_near_ones_may_stand_for_each_other() -> None:
    right = Neighbours(np.array([[1, 2], [3, -1]]), np.array([[0.1, 0.2], [0.5, np.inf]], "f4"))
    other = Neighbours(np.array([[1, 9], [3, -1]]), np.array([[0.1, 0.2], [0.5, np.inf]], "f4"))
    worse = Neighbours(np.array([[1, 9], [-1, -1]]), np.array([[0.1, 0.3], [np.inf] * 2], "f4"))
    assert recall_of(other, right) == 1
    assert recall_of(worse, right) == pytest.approx(1 / 3)


def test_a_spec_without_what_is_so_anyway() -> None:
    assert brief("exact") == "exact"
    usual = indexes.create("hnsw")
    assert brief(usual.spec) == "hnsw"
    assert brief(f"hnsw:m={usual.m},ef=77") == "hnsw:ef=77"
    assert brief("unheard_of:x=1") == "unheard_of:x=1"


# -- on a gallery ------------------------------------------------------------------------------


@pytest.fixture
def shop(stock, monkeypatch: pytest.MonkeyPatch) -> Gallery:
    """A gallery of vectors along a line, with few of which indexes go to work."""
    pytest.importorskip("faiss")
    monkeypatch.setattr("lookalike.indexes.base._FEW", 0)
    monkeypatch.setattr(choice, "SMALL", 0)
    monkeypatch.setattr(tuning, "SMALL", 0)
    stock.add(*range(1, COUNT + 1))
    return LocalGallery(stock.catalog)


def choices(stock) -> list[tuple]:
    return stock.catalog.rows("SELECT metric, spec, recall FROM choices")


def indexes_on_disk(stock) -> list:
    return sorted(stock.folder.glob("cache/*/indexes/*.json"))


def tune(gallery: Gallery, **how):
    return gallery.tune(metric="euclidean", queries=30, **how)


def test_it_measures_chooses_builds_and_is_gone_by(
    shop: Gallery, stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "_WORTH", 0.0)  # whatever it takes here
    told: list[Progress] = []
    found = tune(shop, indexes=["hnsw"], progress=told.append)
    exact, *others = found.trials
    assert (exact.spec, exact.recall) == ("exact", 1.0)
    usual = indexes.create("hnsw").ef
    tried = {indexes.create(one.spec).ef for one in others}
    assert tried == {usual // 4, usual // 2, usual, 2 * usual, 4 * usual}
    assert (found.vectors, found.queries, found.k, found.metric) == (COUNT, 30, 10, "euclidean")
    stages = [(p.stage, p.done, p.total) for p in told]
    assert stages[:7] == [("tuning", n, 6) for n in range(7)]
    assert {stage for stage, *_ in stages[7:]} == {"building"}
    picked = next(one for one in others if one.spec == found.chosen)
    assert choices(stock) == [("euclidean", found.chosen, picked.recall)]
    matches = shop.search(vector=stock.vector(700), metric="euclidean", top=3)
    assert (matches.index_used, matches.recall) == (found.chosen, picked.recall)
    assert shop.search(vector=stock.vector(700)).index_used == "exact", "by another metric"


def test_what_is_set_is_tried_as_it_is(shop: Gallery) -> None:
    found = tune(shop, indexes=["sketch:rerank=3", "hnsw:ef=50,m=8", "exact"])
    assert [brief(one.spec) for one in found.trials] == [
        "exact",
        "sketch:rerank=3",
        "hnsw:m=8,ef=50",
    ]


def test_interrupted_all_is_as_before(shop: Gallery, stock) -> None:
    def stop(progress: Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    tune(shop, indexes=["exact"])
    before = (choices(stock), sorted(stock.folder.rglob("cache/**/*")))
    with pytest.raises(KeyboardInterrupt):
        tune(shop, indexes=["sketch"], progress=stop)
    assert (choices(stock), sorted(stock.folder.rglob("cache/**/*"))) == before


def test_a_small_gallery_needs_none(shop: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "SMALL", COUNT)
    found = tune(shop)
    assert (len(found.trials), found.chosen) == (1, "exact")
    assert "nothing else is worth it" in found.why


def test_what_cannot_be_measured(shop: Gallery, stock) -> None:
    with pytest.raises(UsageError, match="cannot search by chi2"):
        shop.tune(metric="chi2", indexes=["hnsw"])
    with pytest.raises(UnknownName, match="no index named"):
        tune(shop, indexes=["hsnw"])
    with pytest.raises(BadParameter):
        tune(shop, indexes=["hnsw:m=0"])
    with pytest.raises(UsageError, match="a share"):
        tune(shop, recall=99)
    with pytest.raises(UsageError, match="at least 1"):
        tune(shop, k=0)
    with pytest.raises(UsageError, match="list"):
        tune(shop, indexes="hnsw")
    stock.remove(*range(2, COUNT + 1))
    with pytest.raises(NotIndexed, match="too few"):
        tune(shop)


def test_it_is_drawn(shop: Gallery, tmp_path) -> None:
    pytest.importorskip("matplotlib")
    found = tune(shop, indexes=["sketch:rerank=3"])
    figure = found.plot(tmp_path / "tuning.svg")
    (axes,) = figure.axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert {"exact", "sketch", "frontier", "chosen"} == set(labels)
    assert (tmp_path / "tuning.svg").stat().st_size > 1000


# -- automatically -----------------------------------------------------------------------------


@pytest.fixture
def pick(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Let the arithmetic come out as the test wants it."""
    wish = SimpleNamespace(spec="sketch", asked=[])

    def auto(count, dim, metric, costs, *, present, refused):
        wish.asked.append((count, metric, present, dict(refused)))
        return "exact" if wish.spec in refused else wish.spec

    monkeypatch.setattr(choice, "auto", auto)
    monkeypatch.setattr(choice, "costs", object)
    return wish


def keep_up(stock) -> None:
    upkeep.keep_up(stock.catalog, lambda _: None)


def used(gallery: Gallery, stock) -> str:
    return gallery.search(vector=stock.vector(5)).index_used.partition(":")[0]


def test_it_is_built_at_the_end_of_indexing(shop: Gallery, stock, pick) -> None:
    assert used(shop, stock) == "exact"
    keep_up(stock)
    assert used(shop, stock) == "sketch"
    assert pick.asked == [(COUNT, metric, "exact", {}) for metric in ("cosine", "euclidean")]
    matches = shop.search(vector=stock.vector(5))
    assert matches.recall is not None and matches.recall >= choice.LEAST_RECALL
    told = [one for one in shop.info().indexes if one.metric == "cosine"]
    assert [(one.spec, one.recall, one.chosen) for one in told] == [
        (matches.index_used, matches.recall, "auto")
    ]
    files = indexes_on_disk(stock)
    keep_up(stock)
    assert indexes_on_disk(stock) == files
    assert pick.asked[-1] == (COUNT, "euclidean", "sketch", {})


def test_the_reason_is_told(shop: Gallery, stock, pick) -> None:
    keep_up(stock)
    stored = stock.catalog.descriptors()[0]
    told = choice.reason(choice.chosen(stock.catalog, stored, "cosine"))
    assert told.startswith("sketch")
    assert "at least half as fast again" in told and "of the nearest" in told
    tuned = shop.tune(descriptor=stored.key, metric="cosine", indexes=["exact"], queries=5)
    told = choice.reason(choice.chosen(stock.catalog, stored, "cosine"))
    assert told == f"exact, which tune has chosen: {tuned.why}"


def test_what_it_leaves_is_dropped_unless_a_person_built_it(shop: Gallery, stock, pick) -> None:
    keep_up(stock)
    assert len(indexes_on_disk(stock)) == 2  # one for each descriptor
    pick.spec = "exact"
    keep_up(stock)
    assert not indexes_on_disk(stock)
    shop.build_index("sketch")
    pick.spec = "sketch"
    keep_up(stock)
    pick.spec = "exact"
    keep_up(stock)
    assert used(shop, stock) == "exact"
    assert brief(shop.search(vector=stock.vector(5), index="sketch").index_used) == "sketch"


def test_one_that_finds_too_little_is_taken_back(
    shop: Gallery, stock, pick, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = SimpleNamespace(recall=0.9)
    monkeypatch.setattr(upkeep, "fitted", lambda index, least: Fitted(index, measured.recall, 0, 1))
    keep_up(stock)
    assert used(shop, stock) == "exact"
    assert not indexes_on_disk(stock)
    pick.asked.clear()
    keep_up(stock)
    assert pick.asked[0] == (COUNT, "cosine", "exact", {"sketch": COUNT})
    stock.add(*range(COUNT + 1, 2 * COUNT + 1))
    measured.recall = 1.0
    keep_up(stock)
    assert used(shop, stock) == "sketch", "the gallery has doubled"
    stock.add(*range(2 * COUNT + 1, 4 * COUNT))
    measured.recall = 0.9
    keep_up(stock)  # builds it anew, as it has grown much
    assert used(shop, stock) == "exact"
    assert not indexes_on_disk(stock)


def test_a_machine_that_cannot_be_measured_changes_nothing(
    shop: Gallery, stock, pick, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_up(stock)
    monkeypatch.setattr(choice, "costs", lambda: None)
    pick.spec = "exact"
    keep_up(stock)
    assert used(shop, stock) == "sketch"


def test_what_a_person_chose_stays(shop: Gallery, stock, pick) -> None:
    keep_up(stock)
    shop.tune(indexes=["exact"], queries=5)
    assert used(shop, stock) == "exact"
    keep_up(stock)
    assert used(shop, stock) == "exact"
    assert shop.choose_automatically().partition(":")[0] == "sketch"
    assert used(shop, stock) == "sketch"


def test_the_real_arithmetic_leaves_small_galleries_alone(stock) -> None:
    stock.add(*range(1, 50))
    keep_up(stock)
    assert choices(stock) == []
    assert not list(stock.folder.glob("cache/*/indexes"))
