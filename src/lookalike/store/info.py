"""What is in a gallery, in numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lookalike.store import calibrations, rows, stages, structures
from lookalike.store.calibrations import KeptCalibration
from lookalike.store.catalog import Catalog, StoredDescriptor
from lookalike.store.unfinished import unfinished


@dataclass(frozen=True)
class IndexInfo:
    """An index that searches go by, or that was built.

    Attributes
    ----------
    descriptor : str
        Key of the descriptor whose vectors it is of.
    metric : str
    spec : str
        Its name and parameters.
    recall : float or None
        Share of the ten nearest that it finds, as measured; None if it was not.
    chosen : str
        How it came that searches go by it: ``auto``, ``size`` (it fits into the memory there is),
        ``tune``, or ``told`` by a person; empty if they do only when asked.
    why : str
        Why it fits, where it was chosen by size.
    """

    descriptor: str
    metric: str
    spec: str
    recall: float | None
    chosen: str
    why: str = ""


@dataclass(frozen=True)
class GalleryInfo:
    """What is in a gallery.

    Attributes
    ----------
    path : str
    folders : tuple of str
        What was indexed.
    pictures : int
        Files that can be found.
    contents : int
        Different ones among them, by their bytes.
    failures : int
        Files that could not be indexed.
    kept : int
        Contents that no file has at present; their vectors wait for the file's return.
    excluded : int
        Files and folders that were removed by hand and are passed over.
    descriptors : tuple of (StoredDescriptor, int)
        Each with the number of contents that have its vector.
    indexes : tuple of IndexInfo
    learned : tuple of (str, str)
        What was fitted here: the key of the descriptor, and what was measured of it.
    calibrations : tuple of KeptCalibration
        By which searches tell probabilities.
    marks : int
        Judgements of answers that were kept.
    bytes : int
        Size of the gallery's folder on disk.
    unfinished : tuple of str
        Galleries that are being copied into this one, of which not all is here yet.
    """

    path: str
    folders: tuple[str, ...]
    pictures: int
    contents: int
    failures: int
    kept: int
    excluded: int
    descriptors: tuple[tuple[StoredDescriptor, int], ...]
    indexes: tuple[IndexInfo, ...]
    learned: tuple[tuple[str, str], ...]
    calibrations: tuple[KeptCalibration, ...]
    marks: int
    bytes: int
    unfinished: tuple[str, ...] = ()


def info(catalog: Catalog) -> GalleryInfo:
    """Return what is in a gallery."""
    count = catalog.number
    contents = count("SELECT count(DISTINCT content_id) FROM files")
    return GalleryInfo(
        path=str(catalog.folder),
        folders=tuple(catalog.folders()),
        pictures=count("SELECT count(content_id) FROM files"),
        contents=contents,
        failures=count("SELECT count(*) FROM failures"),
        kept=count("SELECT count(*) FROM contents") - contents,
        excluded=count("SELECT count(*) FROM excluded"),
        descriptors=tuple(
            (s, count("SELECT count(*) FROM vectors WHERE +descriptor_id = ?", (s.id,)))
            for s in catalog.descriptors()
        ),
        indexes=tuple(one for s in catalog.descriptors() for one in _indexes(catalog, s)),
        learned=tuple(
            (s.key, str(stages.about(catalog, s)[-1].get("told", "")))
            for s in catalog.descriptors()
            if s.is_staged
        ),
        calibrations=tuple(calibrations.all_kept(catalog)),
        marks=count("SELECT count(*) FROM marks"),
        bytes=_size(catalog.folder),
        unfinished=tuple(unfinished(catalog.folder)),
    )


def _indexes(catalog: Catalog, stored: StoredDescriptor) -> Iterator[IndexInfo]:
    """Yield what searches of a descriptor go by, for each metric, then what else was built."""
    sql = "SELECT metric, spec, recall, about FROM choices WHERE descriptor_id = ? ORDER BY metric"
    told = set()
    chosen = catalog.rows(sql, (stored.id,))
    if stored.metric not in {metric for metric, *_ in chosen}:
        yield IndexInfo(stored.key, stored.metric, "exact", 1.0, "auto")
    for metric, spec, recall, about in chosen:
        told.add((metric, spec))
        yield IndexInfo(stored.key, metric, spec, recall, json.loads(about)["by"])
    for kept in structures.all_kept(rows.home(catalog, stored)):
        if (kept.metric, kept.spec) not in told:
            yield IndexInfo(stored.key, kept.metric, kept.spec, kept.recall, "")


def _size(folder: Path) -> int:
    """Return the bytes of all files in a folder, some of which may vanish meanwhile."""
    total = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += file.stat().st_size if file.is_file() else 0
    return total
