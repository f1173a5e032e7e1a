"""Indexes are built here, and brought forward when the gallery has changed. Never in a search."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from lookalike import indexes
from lookalike.errors import GalleryDamaged, GalleryError, MissingExtra, NotIndexed, UsageError
from lookalike.indexes import Index
from lookalike.search import choice
from lookalike.search.choice import Choice
from lookalike.search.fitting import fitted, measured_recall
from lookalike.search.searcher import described
from lookalike.store import rows, structures
from lookalike.store.catalog import Catalog, StoredDescriptor
from lookalike.store.matrix import Matrix, matrix
from lookalike.store.sync import Progress

# Rows that an index lacks are looked at one by one. So many, or such a share of all, are left as
# they are, since writing the index anew may cost seconds; with a larger share it is built anew.
_FEW_LACKING = 4096
_SMALL_SHARE, _LARGE_SHARE = 0.01, 0.2

Tell = Callable[[Progress], None]


@dataclass(frozen=True)
class BuiltIndex:
    """An index that was built.

    Attributes
    ----------
    spec : str
        Its name and parameters.
    descriptor : str
        Key of the descriptor whose vectors it is of.
    metric : str
    vectors : int
        How many.
    seconds : float
        That building took; measuring and writing not counted.
    memory_bytes : int
        That searching with it needs, besides the vectors.
    recall : float
        Share of the ten nearest that it finds: of 200 pictures of the gallery, themselves left out.
    why : str
        Why it was chosen; empty where a person did.
    was_there : bool
        Whether searches went by it already, so that nothing had to be built.
    """

    spec: str
    descriptor: str
    metric: str
    vectors: int
    seconds: float
    memory_bytes: int
    recall: float
    why: str = ""
    was_there: bool = False


def build(
    catalog: Catalog, stored: StoredDescriptor, metric: str, spec: str, tell: Tell
) -> BuiltIndex:
    """Build an index and keep it on disk.

    Raises
    ------
    NotIndexed
        There is nothing to build it of.
    UsageError
        It is exact or ``auto``, which need no building, or it cannot search by the metric.
    GalleryError
        It cannot be written.
    """
    if spec.strip().lower() == "auto":
        raise UsageError(
            "a gallery in a folder chooses its index by itself whenever it is brought up to date; "
            "to have it forget what tune has chosen: lookalike tune --auto"
        )
    model = described(spec, metric)
    if model.name == "exact":
        raise UsageError("exact needs no building: it is there at once, for every metric")
    present = matrix(catalog, stored, on_disk=True, tidy=True)
    if not len(present):
        raise NotIndexed(
            f"no picture has a vector of {stored.key} yet; bring the gallery up to date: "
            "lookalike index"
        )
    refusal = f"the index {spec} cannot be kept in {catalog.folder}"
    if not present.token:
        raise GalleryError(f"{refusal}; is the disk full or read-only?")
    try:
        return _built(present, stored, model, tell)
    except OSError as error:
        raise GalleryError(f"{refusal}: {error}; is the disk full?") from error


def keep_up(catalog: Catalog, tell: Tell) -> None:
    """Bring forward all indexes that were built, choose anew, and build those that are chosen.

    One that cannot be built, as its library is not there or the disk is full, is left out: until it
    can be, searches are exact.
    """
    rows.drop_strangers(catalog)
    for stored in catalog.descriptors():
        for metric in _metrics(catalog, stored):
            with suppress(MissingExtra, OSError):
                settle(catalog, stored, metric, tell)
        for model in _wanted(catalog, stored):
            present = matrix(catalog, stored, on_disk=True, tidy=True)
            with suppress(MissingExtra, OSError):
                if len(present) and present.token:
                    _keep_up(catalog, present, stored, model, tell)


def settle(catalog: Catalog, stored: StoredDescriptor, metric: str, tell: Tell) -> Choice:
    """Choose an index anew, unless a person did: build it, and only then let searches go by it.

    One that finds too few of the nearest is not taken.

    Raises
    ------
    MissingExtra, OSError
        It cannot be built, or not be kept; searches go by what they went by before.
    """
    sql = "SELECT count(*) FROM vectors WHERE +descriptor_id = ?"
    count = catalog.number(sql, (stored.id,))
    former = choice.chosen(catalog, stored, metric)
    while (found := choice.choose(catalog, stored, metric, count)).spec != former.spec:
        if found.spec != "exact":
            present = matrix(catalog, stored, on_disk=True, tidy=True)
            if not present.token:
                break  # the disk is full or read-only
            model = described(found.spec, metric)
            mine = structures.kept(structures.file_of(present.folder, model)) is None
            built = _built(present, stored, model, tell, fit=True)
            if built.recall < choice.LEAST_RECALL:
                choice.refuse(catalog, stored, metric, found.name, count)
                if mine:
                    structures.drop(present.folder, model)
                continue
            about = {**found.about, "mine": mine}
            found = Choice(built.spec, built.recall, about)
        choice.keep(catalog, stored, metric, found)
        drop_superseded(catalog, stored, metric, former, found)
        return found
    return former


def drop_superseded(
    catalog: Catalog, stored: StoredDescriptor, metric: str, former: Choice, present: Choice
) -> None:
    """Drop the index that was built for an automatic choice, if the present one is another."""
    if former.spec == "exact" or not former.about.get("mine"):
        return
    model = described(former.spec, metric)
    if model.structure != described(present.spec, metric).structure:
        structures.drop(rows.home(catalog, stored), model)


def _metrics(catalog: Catalog, stored: StoredDescriptor) -> set[str]:
    """Return the natural metric, and all for which there is a choice."""
    sql = "SELECT metric FROM choices WHERE descriptor_id = ?"
    return {stored.metric, *(metric for (metric,) in catalog.rows(sql, (stored.id,)))}


def _wanted(catalog: Catalog, stored: StoredDescriptor) -> Iterable[Index]:
    """Return all that is chosen or was built, each with its metric, but exact."""
    home = rows.home(catalog, stored)
    specs = [(kept.spec, kept.metric) for kept in structures.all_kept(home)]
    for metric in _metrics(catalog, stored):
        specs.append((choice.chosen(catalog, stored, metric).spec, metric))
    models: dict[tuple[str, str], Index] = {}
    for spec, metric in specs:
        with suppress(UsageError):  # of a package that is not installed any more
            model = described(spec, metric)
            models[model.structure, metric] = model
    return [model for model in models.values() if model.name != "exact"]


def _keep_up(
    catalog: Catalog, present: Matrix, stored: StoredDescriptor, model: Index, tell: Tell
) -> None:
    kept = structures.kept(structures.file_of(present.folder, model))
    if kept is None or kept.token != present.token:
        _build_anew(catalog, present, stored, model, tell)
        return
    lacking = len(present.ids) - kept.covered
    if lacking > _LARGE_SHARE * kept.covered:
        _build_anew(catalog, present, stored, model, tell)
    elif lacking > max(_FEW_LACKING, _SMALL_SHARE * kept.covered) and model.grows:
        try:
            index = structures.read(kept, present)
        except GalleryDamaged:
            _build_anew(catalog, present, stored, model, tell)
            return
        tell(Progress("building", 0, lacking))
        index.add(present.vectors)
        index.remove(present.gone)
        structures.keep(index, present, kept.recall)
        tell(Progress("building", lacking, lacking))


def _build_anew(
    catalog: Catalog, present: Matrix, stored: StoredDescriptor, model: Index, tell: Tell
) -> None:
    """Build an index that was built before; if it was chosen automatically, it is judged again."""
    metric = model.metric
    former = choice.chosen(catalog, stored, metric)
    fit = former.is_automatic and described(former.spec, metric).structure == model.structure
    built = _built(present, stored, model, tell, fit=fit)
    if not fit:
        return
    if built.recall < choice.LEAST_RECALL:
        choice.refuse(catalog, stored, metric, former.name, len(present))
        settle(catalog, stored, metric, tell)
    else:
        choice.keep(catalog, stored, metric, replace(former, spec=built.spec, recall=built.recall))


def _built(
    present: Matrix, stored: StoredDescriptor, model: Index, tell: Tell, *, fit: bool = False
) -> BuiltIndex:
    """Build an index and keep it; to fit it is to let it look no harder than it must."""
    tell(Progress("building", 0, len(present)))
    index = indexes.create(model.spec)
    began = time.monotonic()
    index.build(present.vectors, model.metric)
    seconds = time.monotonic() - began
    index.remove(present.gone)
    if fit and not index.is_exact:
        found = fitted(index, choice.WANTED_RECALL)
        index, recall = found.index, found.recall
    else:
        recall = measured_recall(index)
    structures.keep(index, present, recall)
    tell(Progress("building", len(present), len(present)))
    return BuiltIndex(
        spec=index.spec,
        descriptor=stored.key,
        metric=index.metric,
        vectors=len(present),
        seconds=seconds,
        memory_bytes=index.memory_bytes,
        recall=recall,
    )
