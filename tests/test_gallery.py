"""Which descriptors a gallery keeps, and that it goes on with them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike import Gallery
from lookalike.descriptors import create
from lookalike.descriptors.glance import Glance
from lookalike.descriptors.glance_copy import GlanceCopy
from lookalike.errors import NotIndexed

FIRST = ["glance@2:edition=1", "glance_copy@2:edition=1"]
SECOND = ["glance@2:edition=2", "glance_copy@2:edition=2"]


@pytest.fixture
def upgraded(two_editions: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function that makes edition 2 the default, as a later Lookalike may."""

    def upgrade() -> None:
        for kind in (Glance, GlanceCopy):
            assert inspect.signature(kind).parameters["edition"].default == 1
            monkeypatch.setattr(kind.__init__, "__defaults__", (2,))
        create.cache_clear()

    return upgrade


def keys(gallery: Gallery) -> list[str]:
    return [stored.key for stored, _ in gallery.info().descriptors]


def test_a_new_gallery_keeps_both_and_searches_with_glance(gallery: Gallery, folder: Path) -> None:
    gallery.sync(folder)
    assert [(s.key, count) for s, count in gallery.info().descriptors] == [(k, 6) for k in FIRST]
    assert gallery.search(folder / "a0.png").descriptor == FIRST[0]
    assert gallery.search(folder / "a0.png", descriptor="glance_copy").descriptor == FIRST[1]


def test_other_descriptors_instead_if_they_are_named(gallery: Gallery, folder: Path) -> None:
    gallery.sync(folder, descriptors=["pixels"])
    gallery.sync(folder)
    assert keys(gallery) == ["pixels@1:size=32,colour=rgb"]


def test_a_picture_goes_through_the_network_once(
    gallery: Gallery, folder: Path, passes: list[int]
) -> None:
    gallery.sync(folder)
    assert sum(passes) == 6
    gallery.sync()
    assert sum(passes) == 6


def test_what_is_there_already_is_left_as_it_is(
    gallery: Gallery, folder: Path, passes: list[int]
) -> None:
    gallery.sync(folder, descriptors=["glance"])
    sql = "SELECT vector FROM vectors WHERE descriptor_id = 1 ORDER BY content_id"
    before = gallery._catalog.rows(sql)
    assert gallery.sync(descriptors=["glance_copy"]).described == 6
    assert sum(passes) == 12
    assert [count for _, count in gallery.info().descriptors] == [6, 6]
    assert gallery._catalog.rows(sql) == before


def test_an_old_gallery_goes_on_with_its_edition(
    gallery: Gallery, folder: Path, draw, upgraded: Callable[[], None]
) -> None:
    gallery.sync(folder)
    before = [(match.path, match.distance) for match in gallery.search(folder / "a0.png")]
    upgraded()
    assert create("glance").key == SECOND[0]
    matches = gallery.search(folder / "a0.png")
    assert matches.descriptor == FIRST[0]
    assert [(match.path, match.distance) for match in matches] == before
    assert gallery.search(folder / "a0.png", descriptor="glance").descriptor == FIRST[0]

    draw(folder / "new.png", 9)
    report = gallery.sync()
    assert (report.added, report.described, report.unchanged) == (1, 0, 6)
    assert [(s.key, count) for s, count in gallery.info().descriptors] == [(k, 7) for k in FIRST]


def test_a_new_gallery_begins_with_the_new_edition(
    gallery: Gallery, folder: Path, upgraded: Callable[[], None]
) -> None:
    upgraded()
    gallery.sync(folder)
    assert keys(gallery) == SECOND
    assert gallery.search(folder / "a0.png").descriptor == SECOND[0]


def test_an_old_gallery_takes_the_new_edition_when_asked(
    gallery: Gallery, folder: Path, upgraded: Callable[[], None]
) -> None:
    gallery.sync(folder)
    upgraded()
    assert gallery.sync(descriptors=["glance", "glance_copy"]).described == 6
    assert keys(gallery) == FIRST + SECOND
    assert gallery.search(folder / "a0.png", descriptor="glance").descriptor == SECOND[0]
    for key in FIRST:
        gallery.remove_descriptor(key)
    assert gallery.search(folder / "a0.png").descriptor == SECOND[0]


def test_an_edition_that_this_lookalike_has_not(
    gallery: Gallery, folder: Path, two_editions: Path
) -> None:
    gallery.sync(folder, descriptors=["glance:edition=2"])
    (two_editions / "glance_2.onnx").unlink()
    create.cache_clear()
    with pytest.raises(NotIndexed, match="no edition 2 but 1; .* --upgrade"):
        gallery.search(folder / "a0.png")
