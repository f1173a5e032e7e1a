"""What a server needs of a gallery, and how it opens one."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookalike import Gallery, LocalGallery
from lookalike.errors import GalleryError, GalleryMissing, UsageError
from lookalike.gallery.interface import is_milvus
from lookalike.gallery.served import ServedGallery, open_served


def test_a_folder_is_opened_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(GalleryMissing):
        open_served(tmp_path / "shop")
    assert not (tmp_path / "shop").exists()
    LocalGallery.open(tmp_path / "shop").close()
    with open_served(str(tmp_path / "shop")) as gallery:
        assert isinstance(gallery, LocalGallery)
        gallery.check()


def test_what_is_the_matter_is_found_out(tmp_path: Path) -> None:
    with LocalGallery.open(tmp_path / "shop") as gallery:
        gallery.check()
    with pytest.raises(GalleryError):
        gallery.check()


def test_a_server_is_not_opened_to_be_served_again() -> None:
    with pytest.raises(UsageError, match="is a server already"):
        open_served("http://127.0.0.1:8765")


def test_copies_of_added_pictures_lie_below_what_is_named_first(
    tmp_path: Path, gallery: ServedGallery, folder: Path
) -> None:
    added = gallery.add(folder / "a1.png")
    assert added.path.startswith(gallery.kept_at[0])
    assert str(tmp_path / "test.gallery") in gallery.kept_at


@pytest.mark.parametrize(
    ("where", "is_one"),
    [
        ("milvus+http://127.0.0.1:19530/shop", True),
        ("MILVUS+HTTPS://milvus.example/shop", True),
        ("milvus:./trial.db", True),
        (Path("milvus+http:/127.0.0.1:19530/shop"), True),
        ("http://127.0.0.1:8765", False),
        ("/galleries/milvus", False),
        ("milvus", False),
        ("milvus.gallery", False),
        (None, False),
    ],
)
def test_addresses_of_milvus_are_told_from_folders_and_servers(where: object, is_one: bool) -> None:
    assert is_milvus(where) is is_one


@pytest.mark.parametrize("where", ["milvus+http://root:Secret7@host/shop", "milvus:trial"])
def test_no_folder_is_made_of_an_address_that_is_wrong(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for opened in (Gallery.open, LocalGallery.open, open_served):
        with pytest.raises(UsageError) as refused:
            opened(where)
        assert "Secret7" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []
