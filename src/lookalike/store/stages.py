"""Stages as the catalog keeps them: what is done to a descriptor's vectors, fitted here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from lookalike.descriptors import Staged
from lookalike.errors import GalleryDamaged
from lookalike.metrics import Vectors
from lookalike.stages import Stage, packed, unpacked
from lookalike.store.catalog import Catalog, StoredDescriptor

Decode: TypeAlias = Callable[[Sequence[bytes]], Vectors]
"""What was kept of some vectors → the vectors (n, dim) float32."""

# A key names all that was fitted by its digest: so what was read once stays true.
_READ: dict[str, tuple[Stage, ...]] = {}


def stages_of(catalog: Catalog, stored: StoredDescriptor) -> tuple[Stage, ...]:
    """Return what is done to the vectors of a descriptor, in order; nothing to most.

    Raises
    ------
    GalleryDamaged
        It should be in the catalog, and is not.
    """
    if not stored.is_staged:
        return ()
    if stored.key not in _READ:
        sql = "SELECT kind, name, metric, arrays FROM stages WHERE descriptor_id = ?"
        rows = catalog.rows(f"{sql} ORDER BY position", (stored.id,))
        if not rows:
            raise GalleryDamaged(
                f"what {stored.key} was fitted to is not in {catalog.file}; drop it, and fit it "
                f'again: lookalike remove --descriptor "{stored.key}"'
            )
        _READ[stored.key] = tuple(unpacked(*row) for row in rows)
    return _READ[stored.key]


def decoder(catalog: Catalog, stored: StoredDescriptor) -> Decode:
    """Return what makes vectors of what the catalog keeps of them."""
    if stored.is_staged:
        return stages_of(catalog, stored)[-1].decoded
    return lambda kept: np.frombuffer(b"".join(kept), "<f4").reshape(len(kept), stored.dim)


def register(catalog: Catalog, staged: Staged, about: Sequence[Mapping[str, object]]) -> None:
    """Enter a descriptor with stages, and what is known of each, unless it is there."""
    with catalog.transaction() as db:
        values = (staged.key, staged.spec, staged.metric, staged.dim)
        entered = db.execute(
            "INSERT INTO descriptors (key, spec, metric, dim) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (key) DO NOTHING RETURNING id",
            values,
        ).fetchone()
        for position, (one, told) in enumerate(zip(staged.stages, about, strict=True)):
            if entered is not None:
                db.execute(
                    "INSERT INTO stages (descriptor_id, position, kind, name, metric, arrays, "
                    "about) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(entered[0], position, one.kind, one.name, one.metric),
                        *(packed(one), json.dumps(dict(told))),
                    ),
                )


def about(catalog: Catalog, stored: StoredDescriptor) -> list[dict[str, object]]:
    """Return what is known of each stage of a descriptor, as it was entered."""
    sql = "SELECT about FROM stages WHERE descriptor_id = ? ORDER BY position"
    return [json.loads(told) for (told,) in catalog.rows(sql, (stored.id,))]
