"""Questions of all kinds, and what a gallery in a folder says to them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike import LocalGallery
from lookalike.descriptors import create
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.gallery.milvus.link.text import id_of
from lookalike.search import Matches
from lookalike.search.calibration import Calibration
from lookalike.store import calibrations
from lookalike.store.calibrations import KeptCalibration
from lookalike.store.columns import columns_in

DESCRIPTORS = ("glance", "glance_copy", "phash", "pixels:size=4")


def copied(local: LocalGallery, kept: Kept) -> None:
    """Put what a gallery in a folder has into Milvus."""
    with local._catalog.snapshot() as db:
        kept.enter_columns(columns_in(db))
    kept.calibrate(local.info().calibrations)
    files = local.pictures(top=10_000).items
    described: dict[str, list[int]] = {file.path: [] for file in files}
    rows = {
        file.path: FileRow(
            file.path,
            id_of(file.path),
            mtime_ns=Path(file.path).stat().st_mtime_ns,
            sha256=bytes.fromhex(file.sha256),
            format=file.format,
            width=file.width,
            height=file.height,
            bytes=file.bytes,
            columns=file.columns,
        )
        for file in files
    }
    for stored, _ in local.info().descriptors:
        vectors = local.vectors_of(list(rows), descriptor=stored.spec).vectors
        (same,) = kept.register(create(stored.spec))
        kept.engine.upsert(
            kept.collection(same),
            [row.as_vector_row(vector) for row, vector in zip(rows.values(), vectors, strict=True)],
        )
        for of_it in described.values():
            of_it.append(same.id)
    kept.engine.upsert(
        kept.files,
        [
            dataclasses.replace(row, described=tuple(described[path])).as_row()
            for path, row in rows.items()
        ],
    )
    for folder in local.info().folders:
        kept.enter_folder(folder)


def drawn(root: Path, draw: Callable[..., Path]) -> Path:
    """Draw 40 pictures, of which some are the same file; return their folder."""
    for seed in range(36):
        folder = root / "pictures" / ("deeper" if seed % 3 == 0 else "higher")
        draw(folder / f"{seed:02}.{'jpg' if seed % 2 else 'png'}", seed, (40 + seed, 36))
    for number in range(4):
        data = (root / "pictures" / "deeper" / "00.png").read_bytes()
        (root / "pictures" / f"copy{number}.png").write_bytes(data)
    return root / "pictures"


def fill(gallery: LocalGallery, pictures: Path) -> None:
    """Take pictures into a gallery in a folder, with columns and a calibration."""
    gallery.sync(pictures, descriptors=DESCRIPTORS)
    gallery.set_columns({"01.jpg": {"price": 5, "brand": "Acme"}, "02.png": {"price": 7.5}})
    curve = Calibration((0.05, 0.2), (0.9, 0.1), vectors=36)
    stored, _ = gallery.info().descriptors[0]
    made = KeptCalibration(stored.key, "cosine", curve.as_dict(), 9, "2025-01-01")
    calibrations.keep(gallery._catalog, [made])


def check_same(found: Matches, expected: Matches) -> None:
    def told(matches: Matches) -> list[tuple[object, ...]]:
        # Files at the same distance may come in any order from the index of a folder.
        order = sorted(matches, key=lambda one: (round(one.distance, 5), one.path))
        return [
            (one.path, one.identical, one.width, one.height, one.format, one.bytes, one.sha256)
            for one in order
        ]

    assert told(found) == told(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.distance == pytest.approx(other.distance, abs=1e-5)
        assert one.similarity == pytest.approx(other.similarity, abs=1e-4)
        assert one.probability == pytest.approx(other.probability, abs=1e-3)
    assert [one.rank for one in found] == list(range(1, len(found) + 1))
    assert (found.searched, found.metric) == (expected.searched, expected.metric)
    assert found.descriptor == expected.descriptor


ASKED: list[dict[str, object]] = [
    {},
    {"top": 3},
    {"top": 1000},
    {"within": 0.15},
    {"within": 0.15, "top": 4},
    {"within": float("inf")},
    {"within": 0},
    {"min_probability": 0.5},
    {"min_probability": 0.5, "top": 2},
    {"box": (0.25, 0, 1, 0.75)},
    {"descriptor": "glance_copy"},
    {"descriptor": "glance_copy", "within": 0.9},
    {"descriptor": "phash"},
    {"descriptor": "phash", "within": 24},
    {"descriptor": "pixels"},
    {"descriptor": "pixels", "metric": "manhattan"},
    {"metric": "euclidean"},
    {"metric": "chi2", "within": 3},
    {"index": "exact"},
    {"index": "exact", "where": "name like *.jpg", "top": 5},
    {"where": "folder = deeper"},
    {"where": ["width > 50.5", "format = png"], "top": 30},
    {"where": "name like [01]*.png"},
    {"where": "price > 4 or brand = ACME"},
    {"where": "path = higher/01.jpg"},
    {"where": "width > 10000"},
    {"where": "not folder like d*r", "within": 0.3},
]
