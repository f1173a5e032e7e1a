"""Single files are described, and their vectors handed out."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lookalike import Gallery, describe
from lookalike.errors import NotIndexed, UnknownName

SPEC = "pixels:size=2"


def test_vectors_come_in_the_order_of_the_files(folder: Path, gallery: Gallery) -> None:
    files = [folder / "a2.png", folder / "deeper" / "b0.jpg", folder / "a2.png"]
    report = gallery.describe(files, descriptors=[SPEC])
    assert report.added == 2
    found = gallery.vectors_of(files, descriptor=SPEC)
    assert found.known.all()
    assert np.array_equal(found.vectors, describe(files, SPEC))
    # Nothing else of the folder was looked at, nor will be.
    assert gallery.info().pictures == 2
    assert gallery.info().folders == ()


def test_what_failed_or_was_never_described_is_known(folder: Path, gallery: Gallery) -> None:
    (folder / "a0.png").write_bytes(b"")
    files = [folder / "a0.png", folder / "gone.png", folder / "a1.png"]
    report = gallery.describe(files, descriptors=[SPEC])
    assert (report.added, report.failed) == (1, 2)
    found = gallery.vectors_of([*files, folder / "a2.png"], descriptor=SPEC)
    assert found.known.tolist() == [False, False, True, False]
    assert not found.vectors[~found.known].any()
    failures = gallery.failures_of(files)
    assert [(Path(f.path).name, f.reason) for f in failures] == [
        ("a0.png", "empty"),
        ("gone.png", "missing"),
    ]
    assert gallery.failures_of(files[2:]) == []


def test_only_what_is_new_is_read(
    folder: Path, gallery: Gallery, draw: Callable[..., Path]
) -> None:
    files = sorted(folder.glob("*.png"))
    gallery.describe(files, descriptors=[SPEC])
    draw(files[0], 77)
    os.utime(files[0], ns=(1, 1))
    report = gallery.describe(files, descriptors=[SPEC])
    assert (report.changed, report.unchanged) == (1, 2)
    assert np.array_equal(gallery.vectors_of(files, descriptor=SPEC).vectors, describe(files, SPEC))


def test_more_files_than_one_question_can_name(stock, monkeypatch: pytest.MonkeyPatch) -> None:
    from lookalike.store.of_files import vectors_of

    monkeypatch.setattr("lookalike.store.of_files._CHUNK", 3)
    stock.add(*range(10))
    paths = [Path(f"/{n}") for n in (7, 3, 99, 0, 3, 9, 1, 2)]
    found = vectors_of(stock.catalog, stock.descriptors[0], paths)
    assert found.known.tolist() == [True, True, False, True, True, True, True, True]
    assert found.vectors[:, 0].tolist() == [7, 3, 0, 0, 3, 9, 1, 2]


def test_what_there_is_not_is_said(folder: Path, gallery: Gallery) -> None:
    with pytest.raises(UnknownName):
        gallery.describe([folder / "a0.png"], descriptors=["pixel"])
    with pytest.raises(NotIndexed, match="no vectors of"):
        gallery.vectors_of([folder / "a0.png"], descriptor=SPEC)
