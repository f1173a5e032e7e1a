"""The walk through a folder of this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lookalike.errors import MissingPicture
from lookalike.places import Found, exists, listing, placed, read_bytes
from pictures_at import png


def _laid(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(number))


def test_what_is_found_and_what_is_passed_over(tmp_path: Path) -> None:
    _laid(
        tmp_path,
        "b.PNG",
        "a/c.jpg",
        "notes.txt",
        ".hidden.png",
        ".trash/d.png",
        "@eaDir/e.png",
        "kept/f.png",
        "kept/out/g.png",
        "out.png",
    )
    excluded = frozenset({str(tmp_path / "out.png"), str(tmp_path / "kept" / "out")})
    walk = listing(placed(tmp_path), excluded)
    found = list(walk)
    assert [os.path.relpath(one.path, tmp_path) for one in found] == [
        "b.PNG",
        str(Path("a", "c.jpg")),
        str(Path("kept", "f.png")),
    ]
    info = (tmp_path / "b.PNG").stat()
    assert found[0] == Found(str(tmp_path / "b.PNG"), info.st_size, info.st_mtime_ns, "")
    assert (walk.others, walk.unlisted, walk.folder) == (1, [], str(tmp_path))


def test_a_single_file(tmp_path: Path) -> None:
    _laid(tmp_path, "a.png")
    (found,) = listing(placed(tmp_path / "a.png"))
    assert read_bytes(found.path) == png(0)
    assert exists(found.path)
    assert not exists(str(tmp_path / "b.png"))
    with pytest.raises(MissingPicture):
        read_bytes(str(tmp_path / "b.png"))


def test_links_to_folders_are_not_followed_and_dangling_ones_are_listed(tmp_path: Path) -> None:
    _laid(tmp_path, "a/b.png")
    try:
        (tmp_path / "a" / "round").symlink_to(tmp_path, target_is_directory=True)
        (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    except OSError:
        pytest.skip("no links on this system")
    names = [os.path.relpath(one.path, tmp_path) for one in listing(placed(tmp_path))]
    assert names == ["gone.png", str(Path("a", "b.png"))]


def test_a_folder_that_is_gone_when_its_turn_comes_is_told(tmp_path: Path) -> None:
    _laid(tmp_path, "a/b.png", "c.png")
    walk = listing(placed(tmp_path))
    names = iter(walk)
    next(names)
    (tmp_path / "a" / "b.png").unlink()
    (tmp_path / "a").rmdir()
    assert list(names) == []
    ((folder, why),) = walk.unlisted
    assert folder == str(tmp_path / "a")
    assert why


def test_a_file_of_a_far_year_is_listed(tmp_path: Path) -> None:
    _laid(tmp_path, "a.png")
    os.utime(tmp_path / "a.png", ns=(10**19, 10**19))
    (found,) = listing(str(tmp_path))
    assert 0 < found.mtime_ns < 2**63
