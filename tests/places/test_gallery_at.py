"""A gallery of pictures that lie at addresses."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lookalike.errors import BadParameter, MissingPicture, NotIndexed, PictureError, UsageError
from lookalike.gallery import LocalGallery
from lookalike.places import remote
from lookalike.places import web as pages
from lookalike.store import Progress
from pictures_at import Bucket, Served, png
from program import done

PLACE = "s3://pictures/shop"


@pytest.fixture
def stocked(bucket: Bucket, folder: Path) -> Bucket:
    """The pictures of `folder`, in a bucket."""
    for path in sorted(folder.rglob("*.*")):
        bucket.put(f"shop/{path.relative_to(folder).as_posix()}", path.read_bytes())
    bucket.asked.clear()
    return bucket


@pytest.fixture
def shop(tmp_path: Path, stocked: Bucket) -> Iterator[LocalGallery]:
    """A gallery of them."""
    with LocalGallery.open(tmp_path / "shop.gallery") as opened:
        assert opened.sync(PLACE, descriptors=["pixels"]).added == 6
        yield opened


def paths(gallery: LocalGallery, *where: str) -> list[str]:
    return [one.path.removeprefix(PLACE) for one in gallery.pictures(where).items]


def test_it_finds_what_a_gallery_of_the_same_folder_finds(
    shop: LocalGallery, gallery: LocalGallery, folder: Path
) -> None:
    gallery.sync(folder, descriptors=["pixels"])
    for path in folder.rglob("*.*"):
        here = [(one.path, one.distance) for one in gallery.search(path, top=5)]
        there = [
            (one.path, one.distance)
            for one in shop.search(path, top=6)
            if Path(one.path).name != path.name
        ]
        assert [(Path(where).name, how) for where, how in here] == [
            (Path(where).name, how) for where, how in there
        ]
        assert all(where.startswith(f"{PLACE}/") for where, _ in there)
    assert shop.info().folders == (PLACE,)


def test_what_has_not_changed_is_not_fetched_again(shop: LocalGallery, stocked: Bucket) -> None:
    assert stocked.read() == 6
    assert shop.sync().unchanged == 6
    assert stocked.read() == 0
    stocked.put("shop/a0.png", png(9))
    stocked.put("shop/a1.png", shop.original(shop.pictures().items[1].id))  # the same once more
    stocked.delete("shop/a2.png")
    stocked.put("shop/new.png", png(10))
    stocked.read()
    report = shop.sync(PLACE + "/")
    counts = (report.changed, report.gone, report.added, report.unchanged, report.failed)
    assert counts == (1, 1, 1, 4, 0)
    assert stocked.read() == 2
    assert "/a2.png" not in paths(shop)


def test_the_same_bytes_under_another_key_are_moved(shop: LocalGallery, stocked: Bucket) -> None:
    (moved,) = shop.pictures("name = a0.png").items
    shop.set_columns({moved.path: {"price": 7}})
    stocked.put("shop/aside/a0.png", shop.original(moved.id))
    stocked.delete("shop/a0.png")
    report = shop.sync()
    assert (report.moved, report.gone) == (1, 0)
    assert paths(shop, "price = 7") == ["/aside/a0.png"]


def test_one_that_cannot_be_read_is_no_reason_not_to_read_the_others(
    shop: LocalGallery, stocked: Bucket
) -> None:
    stocked.put("shop/broken.png", b"no picture at all")
    stocked.put("shop/away.png", png(1))
    stocked.put("shop/good.png", png(2))
    stocked.broken = lambda method, path: method == "GET" and "away.png" in path
    report = shop.sync()
    assert (report.added, report.failed) == (1, 2)
    assert {Path(f.path).name: f.reason for f in shop.failures()} == {
        "away.png": "unreachable",
        "broken.png": "unknown-format",
    }
    stocked.broken = lambda method, path: False
    # What merely did not answer is tried again by itself.
    assert shop.sync().changed == 1
    assert [Path(f.path).name for f in shop.failures()] == ["broken.png"]


def test_a_place_that_is_not_to_be_seen_is_not_gone(shop: LocalGallery, stocked: Bucket) -> None:
    def counted(*given: str) -> tuple[int, list[str], list[str]]:
        report = shop.sync(*given)
        return report.gone, report.unmounted, [where for where, _ in report.unlisted]

    stocked.broken = lambda method, path: True
    assert counted() == (0, [], [PLACE])
    with pytest.raises(UsageError, match=f"cannot look into {PLACE}: it does not answer"):
        counted(PLACE)
    stocked.broken = lambda method, path: False
    stocked.empty()
    assert counted() == (0, [PLACE], [])
    with pytest.raises(NotIndexed, match="Its pictures are kept"):
        counted(PLACE)
    with pytest.raises(NotIndexed, match="there is nothing at s3://no-such-bucket"):
        counted("s3://no-such-bucket")
    assert len(paths(shop)) == 6
    assert shop.info().folders == (PLACE,)


def test_a_listing_that_breaks_off_takes_nothing_out(shop: LocalGallery, stocked: Bucket) -> None:
    stocked.fill({f"shop/{n:04}.txt": b"x" for n in range(1000)})
    stocked.delete("shop/a0.png")
    stocked.broken = lambda method, path: "continuation-token" in path
    report = shop.sync()
    assert report.gone == 0
    assert [where for where, _ in report.unlisted] == [PLACE]
    stocked.broken = lambda method, path: False
    assert shop.sync().gone == 1


def test_a_server_that_dies_while_it_is_read_from_ends_the_run_and_loses_nothing(
    tmp_path: Path, bucket: Bucket, connected
) -> None:
    connected.setattr(remote, "_MOST_SILENT", 4)
    bucket.fill({f"shop/{number:03}.png": png(number) for number in range(200)})
    bucket.broken = lambda method, path: method == "GET" and "/shop/1" in path
    with LocalGallery.open(tmp_path / "shop.gallery") as gallery:
        with pytest.raises(UsageError, match="does not answer"):
            gallery.sync(PLACE, descriptors=["pixels"], workers=1)
        known = len(gallery.pictures(top=1000).items)
        assert 0 < known <= 100
        bucket.broken = lambda method, path: False
        gallery.sync()
        assert gallery.pictures(top=1).total == 200
        assert gallery.failures() == []


def test_interrupted_it_goes_on_next_time(tmp_path: Path, bucket: Bucket) -> None:
    bucket.fill({f"shop/{number:03}.png": png(number) for number in range(150)})

    def interrupt(progress: Progress) -> None:
        if progress.stage == "reading" and progress.done:
            raise KeyboardInterrupt

    with LocalGallery.open(tmp_path / "shop.gallery") as gallery:
        with pytest.raises(KeyboardInterrupt):
            gallery.sync(PLACE, descriptors=["pixels"], workers=1, progress=interrupt)
        known = gallery.pictures(top=1).total
        assert 0 < known < 150
        report = gallery.sync(workers=1)
        assert (report.unchanged, report.added) == (known, 150 - known)
    assert not [one for one in threading.enumerate() if one.name.startswith("lookalike")]


def test_thumbnails_originals_and_regions_are_of_what_lies_there(
    shop: LocalGallery, stocked: Bucket, folder: Path
) -> None:
    (one,) = shop.pictures("name = a0.png").items
    assert shop.original(one.id) == (folder / "a0.png").read_bytes()
    assert shop.thumbnail(one.id)[8:12] == b"WEBP"
    assert shop.search(one.id, top=1)[0].path != one.path
    found = shop.search(one.id, box=(0, 0, 0.5, 0.5), top=6)
    assert one.path not in [match.path for match in found]
    assert "data:image" in found._repr_html_()
    stocked.put("shop/a0.png", png(3))
    with pytest.raises(MissingPicture, match="changed since it was indexed"):
        shop.original(one.id)
    stocked.delete("shop/a0.png")
    assert shop.thumbnail(one.id)
    with pytest.raises(MissingPicture):
        shop.original(one.id)


def test_no_query_is_ever_fetched(shop: LocalGallery, stocked: Bucket, web: Served) -> None:
    stocked.read()
    asked: list[Callable[[], object]] = [
        lambda: shop.search(f"{PLACE}/a0.png"),
        lambda: shop.search(f"{web.address}/a.png"),
        lambda: shop.search_many([f"{PLACE}/a0.png"]),
        lambda: shop.search(like=[f"{PLACE}/a0.png"]),
        lambda: shop.add(f"{PLACE}/a0.png"),
        lambda: shop.mark(f"{PLACE}/a0.png", like=[1]),
    ]
    for ask in asked:
        with pytest.raises(PictureError, match="no such file"):
            ask()
    assert stocked.asked == []
    assert web.asked == []


def test_conditions_are_about_addresses(shop: LocalGallery, stocked: Bucket) -> None:
    stocked.put("shop/a b?#%20.png", png(3))
    shop.sync()
    deep = ["/deeper/b0.jpg", "/deeper/b1.jpg", "/deeper/b2.jpg"]
    assert paths(shop, f"folder = {PLACE}/deeper") == deep
    assert paths(shop, f"folder = '{PLACE}/deeper/'") == deep
    assert paths(shop, "folder = deeper") == deep
    assert paths(shop, "folder = shop and not folder = deeper")[0] == "/a b?#%20.png"
    assert paths(shop, f"path = {PLACE}/a0.png") == ["/a0.png"]
    assert paths(shop, f"path = '{PLACE}/a b?#%20.png'") == ["/a b?#%20.png"]
    assert paths(shop, f"path like '{PLACE}/*/b[01].jpg'") == deep[:2]
    assert paths(shop, "path like 'deeper/*1.jpg'") == deep[1:2]
    assert paths(shop, "name = a0.png") == ["/a0.png"]
    assert paths(shop, "folder = s3://other") == []
    with pytest.raises(BadParameter, match="leads upwards"):
        shop.pictures(f"folder = {PLACE}/../x")


def test_strangers_do_not_find_out_what_lies_above(shop: LocalGallery, tmp_path: Path) -> None:
    with LocalGallery.open(tmp_path / "shop.gallery", hides_paths=True) as shown:
        assert len(paths(shown, "folder = shop")) == 6
        assert paths(shown, "folder = pictures") == []
        assert paths(shown, "path like '*pictures*/**'") == []
        for guess in (f"folder = {PLACE}", f"path = {PLACE}/a0.png", "path like 's3://p*/**'"):
            with pytest.raises(BadParameter, match="from the name of an indexed folder on"):
                shown.pictures(guess)


def test_what_is_removed_stays_out_until_it_is_asked_for(shop: LocalGallery) -> None:
    assert shop.remove(f"{PLACE}/a0.png", f"{PLACE}/deeper/") == 4
    report = shop.sync()
    assert (report.added, report.unchanged) == (0, 2)
    assert shop.sync(f"{PLACE}/deeper").added == 3
    assert shop.remove(PLACE) == 5
    assert shop.info().folders == ()


def test_columns_by_address(shop: LocalGallery) -> None:
    report = shop.set_columns(
        {
            f"{PLACE}/a0.png": {"price": 1},
            "deeper/b0.jpg": {"price": 2},
            "a1.png": {"price": 3},
            "s3://other/a2.png": {"price": 4},
        }
    )
    assert report.matched == 3
    assert paths(shop, "price < 3") == ["/a0.png", "/deeper/b0.jpg"]


def test_folders_and_addresses_side_by_side(shop: LocalGallery, folder: Path) -> None:
    renamed = folder.with_name("renamed")
    report = shop.sync(folder, PLACE)
    assert (report.added, report.unchanged) == (6, 6)
    folder.rename(renamed)
    # Neither is what the other was called before.
    report = shop.sync(renamed, PLACE)
    assert report.renamed == [(str(folder), str(renamed))]
    assert report.unchanged == 12
    assert shop.sync().unchanged == 12


def test_pictures_of_a_server_on_the_web(tmp_path: Path, web: Served, monkeypatch) -> None:
    monkeypatch.setattr(pages, "_PAUSES", (0.0,))
    for name in ("p/a b.png", "p/c/d.png"):
        path = tmp_path / "web" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(len(name)))
    with LocalGallery.open(tmp_path / "web.gallery") as gallery:
        assert gallery.sync(f"{web.address}/p", descriptors=["pixels"]).added == 2
        web.asked.clear()
        assert gallery.sync().unchanged == 2
        assert not any(method == "GET" and path.endswith("png") for method, path in web.asked)
        (tmp_path / "web" / "p" / "c" / "d.png").unlink()
        web.answers["/p/c/"] = (503, {}, b"")
        report = gallery.sync()
        assert (report.gone, [where for where, _ in report.unlisted]) == (
            0,
            [f"{web.address}/p/c"],
        )
        web.answers.clear()
        assert gallery.sync().gone == 1


def test_on_the_command_line(stocked: Bucket, tmp_path: Path, folder: Path) -> None:
    assert "6 added" in done("index", PLACE, "-d", "pixels")
    assert "6 unchanged" in done("index")
    table = tmp_path / "prices.csv"
    table.write_text(f"path,price\n{PLACE}/a0.png,9\n")
    assert "1 of them matched" in done("columns", "import", table)
    found = done(
        "search", folder / "a0.png", "--top", "1", "--where", f"folder = {PLACE}", "--json"
    )
    assert json.loads(found)["path"] == f"{PLACE}/a0.png"
    assert "3 pictures removed" in done("remove", f"{PLACE}/deeper")
