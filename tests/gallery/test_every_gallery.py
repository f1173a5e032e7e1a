"""What every gallery does, wherever it is kept: `lookalike.gallery.interface`, line by line."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import io
import math
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow

from lookalike import Gallery, LocalGallery, Part, describe
from lookalike.errors import (
    BadParameter,
    CorruptPicture,
    EmptyPicture,
    GalleryBusy,
    MissingPicture,
    NotAFile,
    NotIndexed,
    UnknownFormat,
    UnknownName,
    UsageError,
)
from lookalike.gallery.milvus import MilvusGallery
from lookalike.search import Match, Matches
from lookalike.search.calibration import Calibration
from lookalike.store import Catalog, Progress, calibrations
from lookalike.store.calibrations import KeptCalibration
from lookalike.store.columns import ColumnInfo

HERE = Path(__file__)


@pytest.fixture
def pictures(stocked: Path) -> Path:
    """The folder of what is in `gallery`."""
    return stocked / "pictures"


@pytest.fixture
def home(stocked: Path, tmp_path: Path) -> Path:
    """Where `gallery` has its files."""
    return Path(shutil.copytree(stocked / "shop", tmp_path / "shop"))


@pytest.fixture
def gallery(home: Path, opened: Callable[[Path], Gallery]) -> Gallery:
    """Nine pictures, of which two are the same file, and one that is broken."""
    return opened(home)


@pytest.fixture
def empty(tmp_path: Path, opened: Callable[[Path], Gallery]) -> Gallery:
    return opened(tmp_path / "empty")


def names(matches: Matches) -> list[str]:
    return [Path(match.path).name for match in matches]


def check_same(
    found: Iterable[Match], expected: Iterable[Match], *, has_other_ids: bool = False
) -> None:
    """Check that matches are the same; distances but for the last bits, which hang on how many."""
    found, expected = list(found), list(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.distance == pytest.approx(other.distance, abs=1e-6)
        assert one.similarity == pytest.approx(other.similarity, abs=1e-6)
        near = {"distance": other.distance, "similarity": other.similarity}
        same = {"id": other.id} if has_other_ids else {}
        assert dataclasses.replace(one, **near, **same) == other


def has_other_ids(gallery: Gallery) -> bool:
    """Tell whether pictures have other ids there than in the gallery's folder."""
    return isinstance(gallery, MilvusGallery)


def id_of(gallery: Gallery, name: str) -> int:
    (found,) = gallery.pictures(f"name = {name}").items
    return found.id


def ids(gallery: Gallery) -> list[int]:
    """Return the ids of all pictures, in order of their paths."""
    return [one.id for one in gallery.pictures().items]


# -- asking ----------------------------------------------------------------------------------


def test_a_search_by_path(gallery: Gallery, pictures: Path) -> None:
    matches = gallery.search(pictures / "a0.png")
    assert len(matches) == 8
    first = matches[0]
    assert first.path == str(pictures / "deeper" / "copy.png")
    assert (first.rank, first.identical, first.probability) == (1, True, None)
    assert first.distance == pytest.approx(0, abs=1e-6)
    assert (first.width, first.height, first.format) == (48, 36, "PNG")
    data = (pictures / "a0.png").read_bytes()
    assert (first.bytes, first.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert [match.rank for match in matches] == list(range(1, 9))
    assert [m.distance for m in matches] == sorted(m.distance for m in matches)
    assert (matches.descriptor, matches.metric) == ("glance@2:edition=1", "cosine")
    assert (matches.searched, matches.index_used, matches.recall) == (8, "exact", 1.0)
    assert matches.heading == "glance, cosine distance, among 8 different pictures"
    assert matches.query.title == "a0.png"


def test_every_gallery_finds_the_same(gallery: Gallery, pictures: Path, home: Path) -> None:
    file = pictures / "deeper" / "b1.jpg"
    with LocalGallery.open(home) as local:
        expected = local.search(file)
    found = gallery.search(file)
    check_same(found, expected, has_other_ids=has_other_ids(gallery))
    assert found.heading == expected.heading


def test_the_querys_own_file_is_left_out_only_where_it_is_that_file(
    gallery: Gallery, pictures: Path
) -> None:
    assert "a1.png" not in names(gallery.search(pictures / "a1.png"))
    found = gallery.search((pictures / "a1.png").read_bytes())
    assert (found[0].path, found[0].identical) == (str(pictures / "a1.png"), True)
    around = pictures / "deeper" / ".." / "a1.png"
    assert "a1.png" not in names(gallery.search(os.fspath(around)))


def test_a_search_by_id(gallery: Gallery, pictures: Path) -> None:
    id = id_of(gallery, "a2.png")
    check_same(gallery.search(id), gallery.search(pictures / "a2.png"))
    check_same(gallery.search(np.int64(id)), gallery.search(id))


def test_a_search_by_array(gallery: Gallery, pictures: Path) -> None:
    array = np.asarray(pillow.open(pictures / "a2.png"))
    found = gallery.search(array)
    assert (found[0].path, found[0].identical) == (str(pictures / "a2.png"), False)
    assert found[0].distance == pytest.approx(0, abs=1e-6)
    floats = gallery.search(array.astype(np.float32) / 255)
    assert floats[0].path == str(pictures / "a2.png")


def test_a_search_by_vector(gallery: Gallery, pictures: Path) -> None:
    vector = describe([pictures / "a3.png"])[0]
    assert names(gallery.search(vector=vector, top=1)) == ["a3.png"]
    assert names(gallery.search(vector=vector.tolist(), top=1)) == ["a3.png"]


@pytest.mark.parametrize("vector", [[1.0, 2.0], []])
def test_a_vector_that_does_not_fit(gallery: Gallery, vector: list[float]) -> None:
    with pytest.raises(UsageError):
        gallery.search(vector=vector)


def test_words_need_a_descriptor_that_understands_them(gallery: Gallery) -> None:
    with pytest.raises(UsageError, match="words"):
        gallery.search(words="a red shirt")


def test_another_descriptor_metric_and_index(gallery: Gallery, pictures: Path) -> None:
    found = gallery.search(
        pictures / "a0.png", descriptor="glance_copy", metric="manhattan", index="exact"
    )
    assert (found.descriptor, found.metric) == ("glance_copy@2:edition=1", "manhattan")
    assert found[0].identical


def test_how_many(gallery: Gallery, pictures: Path) -> None:
    all_of_them = gallery.search(pictures / "a0.png")
    check_same(gallery.search(pictures / "a0.png", top=3), all_of_them[:3])
    middle = (all_of_them[3].distance + all_of_them[4].distance) / 2
    near = gallery.search(pictures / "a0.png", within=middle)
    check_same(near, all_of_them[:4])
    assert len(gallery.search(pictures / "a0.png", within=middle, top=2)) == 2
    assert len(gallery.search(pictures / "a0.png", within=math.inf)) == 8


def test_conditions(gallery: Gallery, pictures: Path) -> None:
    found = gallery.search(pictures / "a0.png", where="folder = deeper and format = JPEG")
    assert sorted(names(found)) == ["b0.jpg", "b1.jpg", "b2.jpg", "b3.jpg"]
    found = gallery.search(pictures / "a0.png", where=["width < 60", "name like a*"])
    assert sorted(names(found)) == ["a1.png", "a2.png", "a3.png"]
    assert len(gallery.search(pictures / "a0.png", where="width > 1000")) == 0


@pytest.mark.parametrize(
    ("where", "error", "told"),
    [
        ("width > big", BadParameter, "a number is meant here.*▶big◀"),
        ("wdth > 3", UnknownName, "no field named 'wdth'; did you mean 'width'"),
    ],
)
def test_a_condition_that_is_none(
    gallery: Gallery, pictures: Path, where: str, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        gallery.search(pictures / "a0.png", where=where)
    with pytest.raises(error, match=told):
        gallery.pictures(where)


def test_a_probability_must_have_been_measured(gallery: Gallery, pictures: Path) -> None:
    with pytest.raises(NotIndexed, match="selftest"):
        gallery.search(pictures / "a0.png", min_probability=0.8)


def test_a_region(gallery: Gallery, pictures: Path) -> None:
    file = pictures / "a0.png"
    found = gallery.search(file, box=(0.25, 0, 1, 0.75))
    assert found.query.box == (0.25, 0, 1, 0.75)
    assert "to a region of the picture" in found.heading
    assert found.query.title == "a0.png (a region)"
    check_same(found, gallery.search(parts=[Part(file, box=(0.25, 0, 1, 0.75))]))
    by_id = gallery.search(id_of(gallery, "a0.png"), box=(0.25, 0, 1, 0.75))
    assert [m.path for m in by_id] == [m.path for m in found]


@pytest.mark.parametrize(
    "box", [(0.5, 0, 0.5, 1), (0, 0, 2, 1), (-1, 0, 1, 1), (0, math.nan, 1, 1)]
)
def test_a_box_that_is_none(gallery: Gallery, pictures: Path, box: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="box"):
        gallery.search(pictures / "a0.png", box=box)


def test_several_parts(gallery: Gallery, pictures: Path, home: Path) -> None:
    a, b = pictures / "a0.png", pictures / "deeper" / "b0.jpg"
    found = gallery.search(parts=[Part(a), Part(b.read_bytes(), weight=-0.5)])
    assert not {"a0.png", "copy.png", "b0.jpg"} & set(names(found))
    assert found.heading.endswith(", towards 1 and away from 1")
    with LocalGallery.open(home) as local:
        expected = local.search(parts=[Part(a), Part(b.read_bytes(), weight=-0.5)])
    check_same(found, expected, has_other_ids=has_other_ids(gallery))
    vector = describe([pictures / "a3.png"])[0]
    mixed = gallery.search(parts=[Part(id_of(gallery, "a3.png")), Part(vector=vector, weight=2)])
    assert "a3.png" not in names(mixed)


def test_only_away_from_something_is_no_search(gallery: Gallery, pictures: Path) -> None:
    with pytest.raises(UsageError, match="only what to keep away from"):
        gallery.search(parts=[Part(pictures / "a0.png", weight=-1)])


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "search needs one thing"),
        ({"picture": b"", "words": "x"}, "search needs one thing"),
        ({"picture": 1, "vector": [1.0]}, "search needs one thing"),
        ({"words": "x", "parts": [Part(1)]}, "search needs one thing"),
        ({"unlike": [1]}, "search needs one thing"),
        ({"words": "x", "box": (0, 0, 1, 1)}, "a box is a region of the picture"),
        ({"picture": 1, "like": 2}, r"like is a list .*like=\[2\]"),
        ({"picture": 1, "top": 0}, "top must be at least 1"),
        ({"picture": 1, "within": -1.0}, "within is a distance, 0 or more"),
        ({"picture": 1, "within": math.nan}, "within is a distance, 0 or more"),
        ({"picture": 1, "min_probability": 80}, "80 % is written 0.8"),
        ({"picture": 1, "min_probability": 0}, "a probability is above 0"),
    ],
)
def test_a_search_that_is_none(gallery: Gallery, asked: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        gallery.search(**asked)


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({"picture": 999}, NotIndexed, "no picture with the id 999"),
        ({"picture": 2**80}, NotIndexed, "no picture with the id"),
        ({"picture": 1, "like": [999]}, NotIndexed, "no picture with the id 999"),
        ({"picture": 1, "descriptor": "glnce"}, UnknownName, "did you mean 'glance'"),
        ({"picture": 1, "descriptor": "pixels"}, NotIndexed, "not in this gallery"),
        ({"picture": 1, "metric": "cosin"}, UnknownName, "did you mean 'cosine'"),
        ({"picture": 1, "index": "hnws"}, UnknownName, "hnsw"),
        ({"picture": 1, "index": "hnsw"}, NotIndexed, "hnsw"),
        ({"picture": np.zeros((3, 3, 7), np.uint8)}, BadParameter, r"this array is \(3, 3, 7\)"),
        ({"picture": np.full((3, 3), 7.0)}, BadParameter, "floats are 0 to 1"),
    ],
)
def test_what_there_is_not(
    gallery: Gallery, asked: dict[str, object], error: type[Exception], told: str
) -> None:
    if isinstance(asked["picture"], int) and asked["picture"] == 1:
        asked = {**asked, "picture": ids(gallery)[0]}
    with pytest.raises(error, match=told):
        gallery.search(**asked)


def test_pictures_that_cannot_be_read(gallery: Gallery, pictures: Path, tmp_path: Path) -> None:
    jpeg = (pictures / "deeper" / "b0.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    (tmp_path / "empty.jpg").touch()
    cases: list[tuple[object, type[Exception], str]] = [
        (tmp_path / "none.jpg", MissingPicture, f"cannot read {tmp_path / 'none.jpg'}: "),
        (tmp_path, NotAFile, f"cannot read {tmp_path}: it is a folder"),
        (tmp_path / "empty.jpg", EmptyPicture, f"cannot read {tmp_path / 'empty.jpg'}: "),
        (tmp_path / "half.jpg", CorruptPicture, f"cannot read {tmp_path / 'half.jpg'}: "),
        (HERE, UnknownFormat, f"cannot read {HERE}: "),
        (b"", EmptyPicture, "cannot read these bytes: "),
        (b"no picture", UnknownFormat, "cannot read these bytes: "),
        (jpeg[:200], CorruptPicture, "cannot read these bytes: "),
    ]
    for source, error, told in cases:
        with pytest.raises(error) as refused:
            gallery.search(source)
        assert str(refused.value).startswith(told)
        assert type(refused.value) is error


def test_what_is_no_picture_at_all(gallery: Gallery) -> None:
    told = "a picture is a path, the bytes of a file or an array, not float"
    for ask in (
        lambda: gallery.search(3.5),
        lambda: gallery.search(parts=[Part(3.5)]),
        lambda: gallery.search(ids(gallery)[0], like=[3.5]),
        lambda: gallery.search_many([3.5]),
    ):
        with pytest.raises(BadParameter, match=told):
            ask()


def test_known_answers_move_a_search(gallery: Gallery, pictures: Path, home: Path) -> None:
    like = [id_of(gallery, "b1.jpg"), pictures / "deeper" / "b2.jpg"]
    unlike = [(pictures / "a1.png").read_bytes()]
    found = gallery.search(pictures / "a0.png", like=like, unlike=unlike)
    with LocalGallery.open(home) as local:
        same = [id_of(local, "b1.jpg"), *like[1:]]
        expected = local.search(pictures / "a0.png", like=same, unlike=unlike)
    assert [m.path for m in found] == [m.path for m in expected]
    assert [m.distance for m in found] == pytest.approx([m.distance for m in expected])
    assert "a1.png" not in names(found)
    assert found.heading == expected.heading
    assert found.heading.endswith(", moved by 2 liked and 1 unliked")
    assert gallery.search(like=like).query.title == "more like these"


def test_answers_from_elsewhere_move_a_search(
    gallery: Gallery, pictures: Path, home: Path, tmp_path: Path, draw: Callable[..., Path]
) -> None:
    stranger = draw(tmp_path / "stranger.png", 90)
    array = np.asarray(pillow.open(draw(tmp_path / "other.png", 91)))
    asked = {"like": [stranger, array], "unlike": [draw(tmp_path / "bad.png", 92).read_bytes()]}
    found = gallery.search(pictures / "a0.png", **asked)
    with LocalGallery.open(home) as local:
        others = has_other_ids(gallery)
        check_same(found, local.search(pictures / "a0.png", **asked), has_other_ids=others)
        expected = local.search(like=[stranger])
        check_same(gallery.search(like=[stranger]), expected, has_other_ids=others)
    with pytest.raises(MissingPicture, match=r"cannot read .*none\.png"):
        gallery.search(ids(gallery)[0], unlike=[tmp_path / "none.png"])


def test_liked_and_unliked(gallery: Gallery, pictures: Path) -> None:
    with pytest.raises(UsageError, match="both liked and unliked"):
        gallery.search(pictures / "a0.png", like=ids(gallery)[:1], unlike=ids(gallery)[:1])


def test_many_at_once(gallery: Gallery, pictures: Path) -> None:
    array = np.asarray(pillow.open(pictures / "a2.png"))
    asked = [
        pictures / "a0.png",
        (pictures / "a1.png").read_bytes(),
        array,
        id_of(gallery, "a3.png"),
    ]
    found = gallery.search_many(asked, top=3)
    for one, matches in zip(asked, found, strict=True):
        check_same(matches, gallery.search(one, top=3))
    vectors = np.stack([describe([pictures / "a1.png"])[0], describe([pictures / "a2.png"])[0]])
    assert [names(one) for one in gallery.search_many(vectors=vectors, top=1)] == [
        ["a1.png"],
        ["a2.png"],
    ]
    assert gallery.search_many([]) == []


def test_many_of_several_parts(gallery: Gallery, pictures: Path) -> None:
    a, b = pictures / "a0.png", pictures / "deeper" / "b0.jpg"
    vector = describe([pictures / "a3.png"])[0]
    asked = [
        [Part(a)],
        [Part(a), Part(b.read_bytes(), weight=-0.5)],
        [Part(id_of(gallery, "a1.png"), box=(0, 0, 0.5, 1))],
        [Part(vector=vector), Part(b)],
    ]
    found = gallery.search_many([*asked, Part(b), b], where="width > 10", top=4)
    for parts, matches in zip([*asked, [Part(b)], [Part(b)]], found, strict=True):
        check_same(matches, gallery.search(parts=parts, where="width > 10", top=4))
    assert "b0.jpg" not in names(found[-1])
    with pytest.raises(UsageError, match="only what to keep away from"):
        gallery.search_many([[Part(a)], [Part(b, weight=-1)]])


def test_many_that_are_none(gallery: Gallery, pictures: Path) -> None:
    with pytest.raises(UsageError, match="for one there is search"):
        gallery.search_many(str(pictures / "a0.png"))
    with pytest.raises(UsageError, match="pictures, or vectors"):
        gallery.search_many([1], vectors=[[1.0]])
    with pytest.raises(NotIndexed, match="999"):
        gallery.search_many([ids(gallery)[0], 999])
    with pytest.raises(MissingPicture):
        gallery.search_many([pictures / "none.png"])


def test_matches_show_themselves(gallery: Gallery, pictures: Path, tmp_path: Path) -> None:
    matches = gallery.search(pictures / "a0.png", top=3)
    assert matches.sheet().count("data:image/jpeg;base64,") == 4
    assert matches._repr_html_().count("data:image/jpeg;base64,") == 4
    by_id = gallery.search(id_of(gallery, "a0.png"), top=3)
    assert by_id.sheet().count("data:image/jpeg;base64,") == 4
    pytest.importorskip("matplotlib")
    matches.plot(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 1000


def test_a_match_is_plain_data(gallery: Gallery) -> None:
    one = ids(gallery)[0]
    first = gallery.search(one, top=1)[0]
    assert Match(**first.as_dict()) == first
    assert len(gallery.search(one, top=2)[:1]) == 1


def test_probabilities(gallery: Gallery, pictures: Path, home: Path) -> None:
    everything = gallery.search(pictures / "a0.png")
    curve = Calibration((everything[1].distance, everything[3].distance), (0.9, 0.1), vectors=8)
    made = KeptCalibration(
        everything.descriptor, everything.metric, curve.as_dict(), 9, "2025-01-01"
    )
    if isinstance(gallery, MilvusGallery):
        gallery._kept.calibrate([made])
    else:
        catalog = Catalog(home)
        calibrations.keep(catalog, [made])
        catalog.close()
    found = gallery.search(pictures / "a0.png")
    assert (found[0].identical, found[0].probability) == (True, 1.0)
    assert [one.probability for one in found[1:]] == sorted(
        (one.probability for one in found[1:]), reverse=True
    )
    assert found[1].probability == pytest.approx(0.9, abs=1e-3)
    likely = gallery.search(pictures / "a0.png", min_probability=0.5)
    assert [m.path for m in likely] == [m.path for m in found if m.probability >= 0.5]
    assert len(gallery.search(pictures / "a0.png", min_probability=0.5, top=1)) == 1
    assert "the same picture: 90%" in found.sheet()
    (told,) = gallery.info().calibrations
    assert (told.metric, told.pictures, dict(told.parameters)) == ("cosine", 9, curve.as_dict())
    with pytest.raises(UsageError, match="probability"):
        gallery.search(pictures / "a0.png", box=(0, 0, 0.5, 1), min_probability=0.5)


# -- what is there ---------------------------------------------------------------------------


def test_what_is_in_it(gallery: Gallery, pictures: Path) -> None:
    info = gallery.info()
    assert info.folders == (str(pictures),)
    assert (info.pictures, info.contents, info.failures) == (9, 8, 1)
    assert (info.kept, info.excluded, info.marks) == (0, 0, 0)
    assert [(s.key, s.metric, s.dim, count) for s, count in info.descriptors] == [
        ("glance@2:edition=1", "cosine", 256, 8),
        ("glance_copy@2:edition=1", "euclidean", 256, 8),
    ]
    assert [(one.spec, one.recall, one.chosen) for one in info.indexes] == [
        ("exact", 1.0, "auto"),
        ("exact", 1.0, "auto"),
    ]
    assert (info.learned, info.calibrations) == ((), ())
    assert info.bytes > 10_000


def test_what_could_not_be_indexed(gallery: Gallery, pictures: Path) -> None:
    (failure,) = gallery.failures()
    assert (failure.path, failure.reason) == (str(pictures / "broken.png"), "corrupt")
    assert failure.message


def test_pictures_some_at_a_time(gallery: Gallery, pictures: Path) -> None:
    page = gallery.pictures()
    paths = [one.path for one in page.items]
    assert page.total == len(paths) == 9
    assert paths == sorted(paths)
    assert gallery.pictures(skip=2, top=3).items == page.items[2:5]
    assert gallery.pictures(skip=8).items == page.items[8:]
    assert gallery.pictures(skip=9).items == ()
    assert (gallery.pictures(top=0).items, gallery.pictures(top=0).total) == ((), 9)
    assert gallery.pictures("format = PNG", top=1).total == 5
    assert gallery.pictures(["format = PNG", "name = a1.png"]).items == (
        gallery.picture(id_of(gallery, "a1.png")),
    )
    for wrong in ({"skip": -1}, {"top": -1}):
        with pytest.raises(BadParameter, match="0 or more, not -1"):
            gallery.pictures(**wrong)


def test_a_picture(gallery: Gallery, pictures: Path) -> None:
    file = pictures / "a1.png"
    found = gallery.picture(id_of(gallery, "a1.png"))
    assert found.path == str(file)
    assert found.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (found.width, found.height, found.format) == (48, 36, "PNG")
    assert found.bytes == file.stat().st_size
    modified = datetime.datetime.fromisoformat(found.modified + "+00:00").timestamp()
    assert modified == int(file.stat().st_mtime)
    assert (found.taken, found.columns) == (None, {})


@pytest.mark.parametrize("id", [999, -1, 2**80])
def test_a_picture_that_is_not_there(gallery: Gallery, id: int) -> None:
    for ask in (gallery.picture, gallery.thumbnail, gallery.remove, gallery.search):
        with pytest.raises(NotIndexed, match=f"no picture with the id {id}"):
            ask(id)


def test_thumbnails(gallery: Gallery) -> None:
    id = id_of(gallery, "b0.jpg")
    seen = pillow.open(io.BytesIO(gallery.thumbnail(id)))
    assert (seen.format, seen.size) == ("WEBP", (64, 48))
    assert gallery.thumbnail(id) == gallery.thumbnail(id, 320)
    assert pillow.open(io.BytesIO(gallery.thumbnail(id, 160))).size == (64, 48)
    with pytest.raises(BadParameter, match="160, 320, 640, 1600 pixels, not 100"):
        gallery.thumbnail(id, 100)


def test_a_thumbnail_of_a_file_that_is_gone(
    empty: Gallery, tmp_path: Path, draw: Callable[..., Path]
) -> None:
    file = draw(tmp_path / "p" / "a.png", 1)
    empty.sync(tmp_path / "p")
    file.unlink()
    with pytest.raises(MissingPicture, match=r"a\.png"):
        empty.thumbnail(id_of(empty, "a.png"))


def test_fields(gallery: Gallery, pictures: Path) -> None:
    gallery.set_columns({"a1.png": {"price": 12.5, "brand": "acme", "sold": True}})
    fields = {field.name: field for field in gallery.fields()}
    assert {"path", "folder", "name", "width", "taken", "price"} <= set(fields)
    width = fields["width"]
    assert (width.kind, width.own, width.least, width.most) == ("number", False, 48, 64)
    assert {"=", "<", ">=", "in"} <= set(width.operators)
    assert dict(fields["folder"].values)[str(pictures / "deeper")] == 5
    assert fields["format"].values == (("PNG", 5), ("JPEG", 4))
    assert (fields["price"].own, fields["price"].least) == (True, 12.5)
    assert fields["brand"].values == (("acme", 1),)
    assert fields["sold"].values == ((True, 1),)
    assert type(fields["sold"].values[0][0]) is bool


# -- filling ---------------------------------------------------------------------------------


def test_a_folder_comes_in(empty: Gallery, folder: Path, draw: Callable[..., Path]) -> None:
    told: list[Progress] = []
    report = empty.sync(folder, progress=told.append)
    assert (report.added, report.failed, report.unchanged) == (6, 0, 0)
    assert report.seconds > 0
    assert {one.stage for one in told} >= {"reading"}
    last = [one for one in told if one.stage == "reading"][-1]
    assert (last.done, last.total, last.failed) == (6, 6, 0)
    assert len(empty.search(folder / "a0.png")) == 5

    draw(folder / "new.png", 50)
    (folder / "a1.png").rename(folder / "deeper" / "moved.png")
    (folder / "a2.png").unlink()
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    report = empty.sync()
    assert (report.added, report.moved, report.gone, report.unchanged) == (1, 1, 1, 4)
    assert report.failed == 1
    (failure,) = report.first_failures
    assert failure.path == str(folder / "broken.jpg")
    assert empty.failures() == [failure]
    assert empty.info().pictures == 6


def test_more_folders_and_descriptors(
    empty: Gallery, folder: Path, tmp_path: Path, draw: Callable[..., Path]
) -> None:
    draw(tmp_path / "more" / "c.png", 40)
    report = empty.sync(folder, str(tmp_path / "more"), descriptors=["pixels:size=8"], workers=1)
    assert report.added == 7
    assert [s.key for s, _ in empty.info().descriptors] == ["pixels@1:size=8,colour=rgb"]
    report = empty.sync(descriptors=["glance"])
    assert (report.described, report.unchanged) == (7, 0)
    assert empty.info().folders == (str(tmp_path / "more"), str(folder))


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({"descriptors": "glance"}, UsageError, r"descriptors is a list of them: \['glance'\]"),
        ({"descriptors": ["glnce"]}, UnknownName, "did you mean 'glance'"),
        ({"descriptors": ["pixels:size=x"]}, BadParameter, "size"),
        ({"workers": 0}, UsageError, "workers must be at least 1"),
        ({"workers": "rey"}, UsageError, "workers .* are a number of .*threads.* not 'rey'"),
        ({"shard": "3/2"}, UsageError, "shard"),
    ],
)
def test_a_sync_that_is_none(
    gallery: Gallery, asked: dict[str, object], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        gallery.sync(**asked)


def test_a_folder_that_is_not_there(gallery: Gallery, empty: Gallery, tmp_path: Path) -> None:
    with pytest.raises(NotIndexed, match="there is no folder or file .*nowhere"):
        gallery.sync(tmp_path / "nowhere")
    with pytest.raises(NotIndexed, match="no folder was indexed yet"):
        empty.sync()


def test_what_progress_raises_stops_the_work(empty: Gallery, folder: Path) -> None:
    def stop(_: Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        empty.sync(folder, progress=stop)
    empty.sync(folder)
    assert empty.info().pictures == 6


def test_one_writer_at_a_time(gallery: Gallery, home: Path) -> None:
    if isinstance(gallery, MilvusGallery):
        pytest.skip("any number of processes write to a gallery in Milvus")
    catalog = Catalog(home)
    try:
        with catalog.writing():
            for write in (
                gallery.sync,
                lambda: gallery.remove(1),
                lambda: gallery.set_columns({1: {"price": 1}}),
            ):
                with pytest.raises(GalleryBusy, match="is being written by"):
                    write()
            assert len(gallery.search(1)) == 8
    finally:
        catalog.close()


def test_a_picture_is_added(gallery: Gallery, tmp_path: Path, draw: Callable[..., Path]) -> None:
    file = draw(tmp_path / "new.png", 77)
    added = gallery.add(file)
    assert Path(added.path).name == "new.png"
    assert added.path != str(file)
    file.unlink()
    assert gallery.picture(added.id) == added
    assert gallery.info().pictures == 10
    assert gallery.search(Path(added.path).read_bytes(), top=1)[0].id == added.id

    again = gallery.add(Path(added.path).read_bytes(), name="other.png")
    assert again == added
    named = gallery.add(draw(tmp_path / "x.png", 78).read_bytes(), name="called.png")
    assert Path(named.path).name == "called.png"
    plain = gallery.add(draw(tmp_path / "x.png", 79).read_bytes())
    assert Path(plain.path).stem in plain.sha256

    copy = Path(added.path)
    assert gallery.remove(added.id) == 1
    assert not copy.exists()


def test_what_cannot_be_added(gallery: Gallery, tmp_path: Path) -> None:
    for source, error, told in (
        (b"no picture", UnknownFormat, "cannot read these bytes: "),
        (HERE, UnknownFormat, f"cannot read {HERE}: "),
        (tmp_path / "none.png", MissingPicture, f"cannot read {tmp_path / 'none.png'}: "),
    ):
        with pytest.raises(error) as refused:
            gallery.add(source)
        assert str(refused.value).startswith(told)
    with pytest.raises(BadParameter, match="add takes the path of a picture or the bytes"):
        gallery.add(np.zeros((3, 3, 3), np.uint8))
    assert gallery.info().pictures == 9


def test_a_picture_is_removed(gallery: Gallery, pictures: Path) -> None:
    id = id_of(gallery, "a1.png")
    assert gallery.remove(id) == 1
    assert (pictures / "a1.png").exists()
    with pytest.raises(NotIndexed):
        gallery.picture(id)
    assert gallery.remove(pictures / "a2.png", str(pictures / "a3.png")) == 2
    assert gallery.info().pictures == 6
    assert gallery.sync().added == 0


def test_a_folder_is_removed(gallery: Gallery, pictures: Path) -> None:
    assert gallery.remove(pictures / "deeper") == 5
    assert gallery.sync().added == 0
    assert gallery.remove(pictures) == 5  # with the broken one
    assert gallery.pictures().total == 0
    assert gallery.info().folders == ()


def test_the_same_twice_is_removed_once(gallery: Gallery, pictures: Path) -> None:
    id = id_of(gallery, "a1.png")
    assert gallery.remove(id, pictures / "a1.png", id) == 1
    assert gallery.remove() == 0


def test_ids_files_and_folders_are_removed_together(gallery: Gallery, pictures: Path) -> None:
    ids = [id_of(gallery, "a1.png"), id_of(gallery, "b0.jpg")]
    assert gallery.remove(*ids, pictures / "a2.png", pictures / "deeper") == 7
    assert [Path(one.path).name for one in gallery.pictures().items] == ["a0.png", "a3.png"]
    assert gallery.sync().added == 0


def test_all_or_nothing_is_removed(gallery: Gallery, pictures: Path) -> None:
    with pytest.raises(NotIndexed, match="none.png is not in the gallery; nothing was removed"):
        gallery.remove(pictures / "a1.png", pictures / "none.png")
    with pytest.raises(NotIndexed, match="no picture with the id 999"):
        gallery.remove(id_of(gallery, "a1.png"), 999)
    assert gallery.info().pictures == 9


# -- judging ---------------------------------------------------------------------------------


def test_marks(gallery: Gallery, pictures: Path, tmp_path: Path, draw: Callable[..., Path]) -> None:
    one, two = id_of(gallery, "a1.png"), pictures / "a2.png"
    assert gallery.mark(pictures / "a0.png", like=[one], unlike=[two]) == 2
    assert gallery.info().marks == 2
    assert gallery.mark(id_of(gallery, "a0.png"), like=[two.read_bytes()]) == 1
    assert gallery.info().marks == 2
    stranger = draw(tmp_path / "stranger.png", 90)
    assert gallery.mark(stranger, like=[one], descriptor="glance_copy") == 1
    assert gallery.mark(stranger, like=[stranger.read_bytes()]) == 0
    assert gallery.forget_marks() == 3
    assert gallery.forget_marks() == 0


def test_marks_that_are_none(gallery: Gallery, pictures: Path) -> None:
    one, two = (id_of(gallery, name) for name in ("a1.png", "a2.png"))
    with pytest.raises(UsageError, match="both liked and unliked"):
        gallery.mark(one, like=[two], unlike=[two])
    with pytest.raises(UsageError, match="an array has no bytes"):
        gallery.mark(np.zeros((3, 3, 3), np.uint8), like=[two])
    with pytest.raises(NotIndexed, match="999"):
        gallery.mark(999, like=[two])
    with pytest.raises(NotIndexed, match="999"):
        gallery.mark(one, like=[999])
    with pytest.raises(UsageError, match="like is a list"):
        gallery.mark(one, like=two)
    with pytest.raises(MissingPicture):
        gallery.mark(pictures / "none.png", like=[one])
    assert gallery.mark(one) == 0
    assert gallery.info().marks == 0


# -- columns ---------------------------------------------------------------------------------


def test_columns(gallery: Gallery, pictures: Path) -> None:
    id = id_of(gallery, "a1.png")
    report = gallery.set_columns(
        {
            id: {"price": 12.5, "brand": "acme", "sold": True},
            pictures / "a2.png": {"price": np.float32(3), "brand": "2021-05-01"},
            "deeper/b0.jpg": {"price": np.int64(7), "sold": np.False_},
            "none.png": {"price": 1},
        }
    )
    assert (report.rows, report.matched, report.repeated) == (4, 3, 0)
    assert report.values == {"price": 3, "brand": 2, "sold": 2}
    assert report.kinds == {"price": "number", "brand": "text", "sold": "flag"}
    (missed,) = report.unmatched
    assert (missed.key, missed.why) == ("none.png", "no picture is called that")
    assert gallery.columns() == [
        ColumnInfo("price", "number", 3, (3, 12.5)),
        ColumnInfo("brand", "text", 2, ("2021-05-01", "acme")),
        ColumnInfo("sold", "flag", 2, (False, True)),
    ]
    assert gallery.picture(id).columns == {"price": 12.5, "brand": "acme", "sold": True}
    assert [Path(one.path).name for one in gallery.pictures("price > 5").items] == [
        "a1.png",
        "b0.jpg",
    ]
    gallery.set_columns({id: {"price": None, "brand": "other"}})
    assert gallery.picture(id).columns == {"brand": "other", "sold": True}
    assert gallery.set_columns({}).rows == 0


def test_columns_that_are_none(gallery: Gallery) -> None:
    one = id_of(gallery, "a1.png")
    gallery.set_columns({one: {"price": 12.5}})
    with pytest.raises(BadParameter, match="row 1, price: 'cheap' does not fit: here are numbers"):
        gallery.set_columns({one: {"price": "cheap"}})
    with pytest.raises(BadParameter, match="row 1, price: .*list can be no value"):
        gallery.set_columns({one: {"price": [1, 2]}})
    with pytest.raises(BadParameter, match="'width' is what every picture has"):
        gallery.set_columns({one: {"width": 3}})
    with pytest.raises(NotIndexed, match="none of the 1 rows"):
        gallery.set_columns({"none.png": {"price": 1}})
    assert gallery.columns() == [ColumnInfo("price", "number", 1, (12.5,))]


def test_a_column_of_dates(gallery: Gallery) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    one, *others = (id_of(gallery, f"a{n}.png") for n in range(4))
    rows: dict[int, dict[str, object]] = {
        one: {"made": datetime.date(2021, 5, 1), "text": "2021-05-01"},
        others[0]: {"made": datetime.datetime(2021, 5, 2, 12, 30, 1, 999)},
        others[1]: {"made": datetime.datetime(2021, 5, 3, 1, 0, tzinfo=zone)},
        others[2]: {"made": None},
    }
    assert gallery.set_columns(rows).kinds == {"made": "date", "text": "text"}
    assert [gallery.picture(id).columns.get("made") for id in rows] == [
        "2021-05-01",
        "2021-05-02T12:30:01",
        "2021-05-02T23:00:00",
        None,
    ]
    assert gallery.columns()[0] == ColumnInfo(
        "made", "date", 3, ("2021-05-01", "2021-05-02T23:00:00")
    )
    assert gallery.pictures("made = 2021-05-02").total == 2
    with pytest.raises(BadParameter, match="made: .* does not fit: here are dates"):
        gallery.set_columns({one: {"made": 3}})
    with pytest.raises(BadParameter, match="text: .* does not fit: here are text"):
        gallery.set_columns({one: {"text": datetime.date(2021, 5, 1)}})
    early = datetime.datetime(1, 1, 1, tzinfo=zone)
    with pytest.raises(BadParameter, match="made: .* is before the year 1"):
        gallery.set_columns({one: {"made": early}})


@pytest.mark.parametrize("name", ["a/b", "/a/", "..", ".", "../info", "a%2Fb", "ü?#&;", "a b"])
def test_a_column_of_any_name_is_removed(gallery: Gallery, name: str) -> None:
    one = id_of(gallery, "a1.png")
    gallery.set_columns({one: {name: 1, "other": 2}})
    gallery.remove_columns(name)
    assert [one.name for one in gallery.columns()] == ["other"]


def test_columns_are_removed(gallery: Gallery) -> None:
    one = id_of(gallery, "a1.png")
    gallery.set_columns({one: {"price": 12.5, "brand": "acme", "b c?": "x"}})
    with pytest.raises(UnknownName, match="no column named 'prce'; did you mean 'price'"):
        gallery.remove_columns("brand", "prce")
    assert len(gallery.columns()) == 3
    gallery.remove_columns("Price", "b c?")
    assert [one.name for one in gallery.columns()] == ["brand"]


# -- opening, closing, nothing there ---------------------------------------------------------


def test_nothing_there(empty: Gallery, pictures: Path) -> None:
    info = empty.info()
    assert (info.folders, info.pictures, info.descriptors) == ((), 0, ())
    assert empty.failures() == []
    assert (empty.pictures().items, empty.pictures().total) == ((), 0)
    assert empty.columns() == []
    assert "width" in {field.name for field in empty.fields()}
    assert empty.forget_marks() == 0
    for ask in (
        lambda: empty.search(pictures / "a0.png"),
        lambda: empty.search(words="a cat"),
        lambda: empty.search_many([pictures / "a0.png"]),
    ):
        with pytest.raises(NotIndexed, match="is empty; fill it"):
            ask()
    added = empty.add(pictures / "a0.png")
    assert empty.search(pictures / "a0.png", top=1)[0].id == added.id


def test_it_is_a_context_manager(stocked: Path, tmp_path: Path, opened) -> None:
    shutil.copytree(stocked / "shop", tmp_path / "again")
    with opened(tmp_path / "again") as gallery:
        assert isinstance(gallery, Gallery)
        assert gallery.info().pictures == 9
    gallery.close()  # twice does no harm


def test_threads(gallery: Gallery, pictures: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    asked = [pictures / f"a{n % 4}.png" for n in range(16)]
    expected = [names(gallery.search(one, top=2)) for one in asked[:4]]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: names(gallery.search(one, top=2)), asked))
    assert found == expected * 4
