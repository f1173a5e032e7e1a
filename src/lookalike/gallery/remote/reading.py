"""The server's answers → what a gallery returns."""

from __future__ import annotations

from dataclasses import dataclass

from lookalike.gallery.remote.shapes import JSON, part, shaped
from lookalike.search import Match
from lookalike.store import GalleryInfo, Progress, SyncReport
from lookalike.store.calibrations import KeptCalibration
from lookalike.store.catalog import Failure, StoredDescriptor
from lookalike.store.columns import ColumnInfo
from lookalike.store.fields import FieldInfo
from lookalike.store.filling import ColumnsReport
from lookalike.store.info import IndexInfo
from lookalike.store.pictures import Picture


def picture(answer: JSON) -> Picture:
    """Return a picture."""
    return shaped(Picture, answer)


@dataclass(frozen=True)
class Page:
    """Some of the matches, how long they took, and whether there are more."""

    items: tuple[Match, ...]
    seconds: float
    is_followed: bool


def page(answer: JSON) -> Page:
    """Return the matches of one answer."""
    items = tuple(shaped(Match, one) for one in part(answer, "matches", list))
    return Page(items, part(answer, "seconds", float), part(answer, "more", bool))


def recall(answer: JSON) -> float | None:
    """Return the share of the nearest that an index finds; None if it was not measured."""
    found = part(answer, "recall", object)
    return None if found is None else part(answer, "recall", float)


def failure(answer: JSON) -> Failure:
    """Return a file that could not be indexed."""
    return shaped(Failure, answer)


def column(answer: JSON) -> ColumnInfo:
    """Return what is in a column."""
    return shaped(ColumnInfo, answer)


def columns_report(answer: JSON) -> ColumnsReport:
    """Return what was entered."""
    return shaped(ColumnsReport, answer)


def sync_report(answer: JSON) -> SyncReport:
    """Return what a job found and did."""
    return shaped(SyncReport, answer)


def progress(answer: JSON) -> Progress:
    """Return how far a job has come."""
    return shaped(Progress, answer)


def field(answer: JSON) -> FieldInfo:
    """Return what a condition can be about."""
    return shaped(FieldInfo, answer)


def info(answer: JSON, address: str) -> GalleryInfo:
    """Return what is in a gallery, which is at an address."""
    learned = [
        (part(one, "descriptor", str), part(one, "told", str))
        for one in part(answer, "learned", list)
    ]
    known = enumerate(part(answer, "descriptors", list), 1)
    return shaped(
        GalleryInfo,
        answer,
        path=address,
        descriptors=tuple(_descriptor(number, one) for number, one in known),
        indexes=tuple(shaped(IndexInfo, one) for one in part(answer, "indexes", list)),
        learned=tuple(learned),
        calibrations=tuple(
            shaped(KeptCalibration, one) for one in part(answer, "calibrations", list)
        ),
    )


def _descriptor(number: int, answer: JSON) -> tuple[StoredDescriptor, int]:
    # The catalog's own number is nothing to anyone outside, and a label may be typed like a spec.
    spec = part(answer, "label", str)
    stored = shaped(StoredDescriptor, answer, id=number, spec=spec)
    return stored, part(answer, "pictures", int)
