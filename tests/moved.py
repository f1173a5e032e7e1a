"""What a gallery has, to be compared with what its copy has."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from pathlib import Path
from typing import Any

from lookalike.gallery.copying.ends import Source
from lookalike.gallery.copying.local import LocalSource
from lookalike.gallery.copying.milvus import MilvusSource


def everything(where: str) -> dict[str, Any]:
    """Return all that a gallery has."""
    if where.startswith("milvus"):
        source: Source = MilvusSource.open(where)
    else:
        source = LocalSource.open(Path(where))
    with closing(source):
        rows = {file.path: file for file, _ in source.files()}
        files = [dataclasses.replace(file, id=0) for file in rows.values()]
        about = source.about()
        descriptors = source.descriptors()
        vectors = {}
        for one in descriptors:
            of_it = [file for file in rows.values() if one.number in file.described]
            found = source.vectors_of(one, of_it)
            vectors |= {
                (one.stored.key, f.path): v.tobytes() for f, v in zip(of_it, found, strict=True)
            }
    return {
        "files": files,
        "descriptors": [(o.stored, [(s.key, a) for s, a in o.stages]) for o in descriptors],
        "vectors": vectors,
        "folders": about.folders,
        "excluded": about.excluded,
        "columns": about.columns,
        "calibrations": about.calibrations,
        "marks": sorted(map(repr, about.marks)),
        "asked": {place: vector.tobytes() for place, vector in about.asked.items()},
    }
