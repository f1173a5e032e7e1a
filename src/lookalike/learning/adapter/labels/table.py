"""A file says which pictures are alike: by labels, or pair by pair."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lookalike.errors import BadParameter
from lookalike.learning.adapter.groups import joined
from lookalike.learning.adapter.judged import Judged
from lookalike.learning.adapter.labels.base import Labelled, grouped
from lookalike.learning.adapter.told import Told
from lookalike.store import Catalog
from lookalike.store.keys import CatalogFiles, Finder
from lookalike.store.table_files import Table, opened
from lookalike.store.vectors import KeptVectors

_LABELS = ("path", "label")
_PAIRS = ("first", "second", "same")
_SAID = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}


def table(catalog: Catalog, kept: KeptVectors, file: Path) -> Labelled:
    """Return what a CSV or Parquet file says.

    It has the columns ``path`` and ``label``; or ``first``, ``second`` and ``same``, which is 1 or
    0, yes or no, true or false. Pictures are named as in a table of columns: by paths, whole or in
    part. Where no pair is told to be different, pairs make groups: what is the same as the same is
    the same.

    Raises
    ------
    BadParameter
        It cannot be read, lacks these columns, contradicts itself, or says something else.
    """
    source = opened(file)
    names = [name.strip().casefold() for name in source.names]
    wanted = next((w for w in (_LABELS, _PAIRS) if set(w) <= set(names)), None)
    if wanted is None:
        raise BadParameter(
            f"{file} has the columns {', '.join(source.names)}; it needs path and label, or "
            "first, second and same"
        )
    reading = _Reading(catalog, kept, source, [names.index(name) for name in wanted])
    told = reading.labels() if wanted is _LABELS else reading.pairs()
    return Labelled(str(file), told, kept.vectors, reading.unknown)


class _Reading:
    """A table on its way to what is told."""

    def __init__(
        self, catalog: Catalog, kept: KeptVectors, source: Table, places: list[int]
    ) -> None:
        self._catalog = catalog
        self._row_of = {int(content): row for row, content in enumerate(kept.contents)}
        self._source = source
        self._places = places
        self.unknown = 0

    def labels(self) -> Told:
        labels: dict[int, str] = {}
        for line, (row,), label in self._lines(1):
            if label and labels.setdefault(row, label) != label:
                raise BadParameter(
                    f"{self._source.called}, line {line}: this picture was labelled "
                    f"{labels[row]!r} before, and {label!r} here; leave one"
                )
        return grouped(labels)

    def pairs(self) -> Told:
        pairs: dict[tuple[int, int], bool] = {}
        for line, (first, second), said in self._lines(2):
            if said.casefold() not in _SAID:
                raise BadParameter(
                    f"{self._source.called}, line {line}: same is {said!r}; it is 1 or 0, yes or "
                    "no, true or false"
                )
            if first == second:
                continue
            pair, same = (min(first, second), max(first, second)), _SAID[said.casefold()]
            if pairs.setdefault(pair, same) != same:
                raise BadParameter(
                    f"{self._source.called}, line {line}: this pair was told to be "
                    f"{'the same' if pairs[pair] else 'different'} before; leave one"
                )
        return _of_pairs(pairs)

    def _lines(self, keys: int) -> Iterator[tuple[int, list[int], str]]:
        """Yield line, rows of the vectors and the last column of what is in the gallery."""
        with self._catalog.snapshot() as db:
            finder = Finder(CatalogFiles(db), self._catalog.folders())
            sql = "SELECT content_id FROM files WHERE id = ?"
            for line, values in self._source.rows():
                *named, said = (values[place] for place in self._places)
                rows = []
                for key in named[:keys]:
                    file = finder.find(str(key) if isinstance(key, int) else key)
                    found = db.execute(sql, (file,)).fetchone() if isinstance(file, int) else None
                    rows.append(self._row_of.get(found[0]) if found else None)
                if None in rows:
                    self.unknown += 1
                    continue
                yield line, [row for row in rows if row is not None], _text(said)


def _text(said: object) -> str:
    return "" if said is None else str(said).strip()


def _of_pairs(pairs: dict[tuple[int, int], bool]) -> Told:
    ends = np.array(list(pairs), np.int64).reshape(-1, 2)
    same = np.array(list(pairs.values()), bool)
    unit_of = joined(*ends[same].T)
    if same.all():
        return grouped(unit_of)
    # What nothing is the same as is a unit of its own.
    unit = np.array([[unit_of.get(end, end) for end in pair] for pair in ends.tolist()])
    return Judged(
        asked=np.concatenate([ends[:, 0], ends[:, 1]]),
        found=np.concatenate([ends[:, 1], ends[:, 0]]),
        same=np.concatenate([same, same]),
        unit=np.concatenate([unit, unit[:, ::-1]]),
    )
