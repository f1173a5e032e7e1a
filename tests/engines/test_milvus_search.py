"""A server of Milvus finds what a gallery in a folder does, by conditions as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conditions import CONDITIONS, Stocked, checked, rows
from lookalike import LocalGallery
from lookalike.gallery.milvus import MilvusGallery
from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.gallery.milvus.link.text import id_of
from lookalike.store.where.syntax import Condition
from questions import ASKED, check_same, copied, drawn, fill

pytestmark = pytest.mark.engines


def named(uri: str, name: str) -> str:
    return f"milvus+{uri}/{name}"


@pytest.fixture(scope="module")
def stocked(milvus: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stocked]:
    stocked = Stocked(named(milvus, "conditions"), tmp_path_factory.mktemp("where") / "catalog")
    yield stocked
    stocked.close()


# A server is asked fewer times, as it takes a while to see what was written.
@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(rows(), st.lists(CONDITIONS, min_size=30, max_size=40))
def test_the_same_comes_through_as_in_sqlite(
    stocked: Stocked, files: list[FileRow], asked: list[Condition]
) -> None:
    checked(stocked, files, asked, False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, draw: Callable[..., Path]) -> Path:
    return drawn(tmp_path_factory.mktemp("asked"), draw).parent


@pytest.fixture(scope="module")
def local(home: Path) -> Iterator[LocalGallery]:
    with LocalGallery.open(home / "shop") as gallery:
        fill(gallery, home / "pictures")
        yield gallery


@pytest.fixture(scope="module", params=["flat", "hnsw"])
def gallery(
    request: pytest.FixtureRequest, milvus: str, local: LocalGallery
) -> Iterator[MilvusGallery]:
    name = f"asked_{request.param}"
    with MilvusGallery.open(f"{named(milvus, name)}?index={request.param}") as gallery:
        copied(local, gallery._kept)
        yield gallery
        for collection in gallery._engine.collections():
            if collection.startswith(f"{name}__"):
                gallery._engine.drop(collection)


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_searches_are_the_same(
    gallery: MilvusGallery, local: LocalGallery, home: Path, asked: dict[str, object]
) -> None:
    file = home / "pictures" / "higher" / "07.jpg"
    expected = local.search(file, **asked)
    check_same(gallery.search(file, **asked), expected)
    check_same(gallery.search(id_of(str(file)), **asked), expected)
