"""What tells how probable a match is at which distance, kept for each descriptor and metric."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lookalike.store.catalog import Catalog


@dataclass(frozen=True)
class KeptCalibration:
    """A calibration and how it came about.

    Attributes
    ----------
    descriptor : str
        Key of the descriptor.
    metric : str
    parameters : mapping
        What the curve is made of; see `lookalike.search.calibration`.
    pictures : int
        Of how many pictures the copies were that it was learned from.
    made : str
        When, ISO 8601, UTC.
    reliability : mapping
        How it did on pictures that it was not fitted on.
    """

    descriptor: str
    metric: str
    parameters: Mapping[str, object]
    pictures: int
    made: str
    reliability: Mapping[str, object] = field(default_factory=dict)


def parameters(catalog: Catalog, descriptor_id: int, metric: str) -> str | None:
    """Return the parameters of a calibration as JSON; None if there is none."""
    rows = catalog.rows(
        "SELECT parameters FROM calibrations WHERE descriptor_id = ? AND metric = ?",
        (descriptor_id, metric),
    )
    return str(rows[0][0]) if rows else None


def all_kept(catalog: Catalog) -> list[KeptCalibration]:
    """Return all calibrations of a gallery, in the order of its descriptors."""
    rows = catalog.rows(
        "SELECT key, calibrations.metric, parameters, pictures, made, reliability "
        "FROM calibrations JOIN descriptors ON descriptors.id = descriptor_id "
        "ORDER BY descriptor_id, calibrations.metric"
    )
    return [
        KeptCalibration(key, metric, json.loads(text), pictures, made, json.loads(reliability))
        for key, metric, text, pictures, made, reliability in rows
    ]


def keep(catalog: Catalog, found: Iterable[KeptCalibration]) -> None:
    """Keep calibrations, all of them or none, in the place of those that there were.

    One of a descriptor that has left the gallery meanwhile is not kept.
    """
    with catalog.transaction() as db:
        for one in found:
            db.execute(
                "INSERT OR REPLACE INTO calibrations "
                "(descriptor_id, metric, parameters, pictures, made, reliability) "
                "SELECT id, ?, ?, ?, ?, ? FROM descriptors WHERE key = ?",
                (
                    one.metric,
                    json.dumps(dict(one.parameters)),
                    one.pictures,
                    one.made,
                    json.dumps(dict(one.reliability)),
                    one.descriptor,
                ),
            )
