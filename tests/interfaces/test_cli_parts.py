"""`lookalike search --box --plus --minus`, and galleries behind an address."""

from __future__ import annotations

import json
from pathlib import Path

import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike import LocalGallery, Part
from lookalike.errors import UsageError
from lookalike.interfaces.cli.parts import box_of, parts_of
from program import done, failed


@pytest.fixture
def indexed(folder: Path) -> Path:
    pair = [PIL.Image.open(folder / name) for name in ("a0.png", "a1.png")]
    halves = PIL.Image.new("RGB", (2 * pair[0].width, pair[0].height))
    halves.paste(pair[0], (0, 0))
    halves.paste(pair[1], (pair[0].width, 0))
    halves.save(folder / "halves.png")
    done("index", folder, "-d", "pixels")
    return folder


def found(*arguments: str | Path) -> list[str]:
    lines = done("search", *arguments, "--json").splitlines()
    return [Path(json.loads(line)["path"]).name for line in lines]


def marks() -> int:
    return int(json.loads(done("info", "--json"))["marks"])


def test_a_box(indexed: Path, tmp_path: Path) -> None:
    halves = indexed / "halves.png"
    assert found(halves, "--box", "0,0,0.5,1")[0] == "a0.png"
    assert found(halves, "--box=0.5, 0, 1, 1")[0] == "a1.png"
    assert "to a region of the picture" in done("search", halves, "--box", "0,0,0.5,1")
    sheet = tmp_path / "sheet.html"
    done("search", halves, "--box", "0,0,.5,1", "--sheet", sheet)
    assert "halves.png (a region)" in sheet.read_text(encoding="utf-8")


def test_plus_and_minus(indexed: Path) -> None:
    one, other = indexed / "a0.png", indexed / "a1.png"
    with LocalGallery.open(indexed.parent / "default.gallery") as gallery:
        parts = [Part(one), Part(other, weight=0.5), Part(3, weight=-0.25)]
        wanted = [Path(match.path).name for match in gallery.search(parts=parts)]
        away = [Path(m.path).name for m in gallery.search(parts=parts[::2], metric="cosine")]
    assert found(one, "--plus", f"{other}*0.5", "--minus", "3*0.25") == wanted
    assert found("--plus", f"{other}*.5", "--minus", "3*.25", "--plus", one) == wanted
    assert found(one, "--minus", "3*0.25", "--metric", "cosine") == away
    assert not {"a0.png", "a1.png"} & set(wanted)
    told = done("search", one, "--plus", other, "--minus", "3*0.25")
    assert "towards 2 and away from 1" in told
    halves = indexed / "halves.png"
    assert found(halves, "--box", "0,0,0.5,1", "--minus", f"{other}*0.1")[0] == "a0.png"


def test_a_star_in_a_name(indexed: Path) -> None:
    starred = indexed / "a1.png*2"
    starred.write_bytes((indexed / "a1.png").read_bytes())
    with LocalGallery.open(indexed.parent / "default.gallery") as gallery:
        wanted = [m.path for m in gallery.search(parts=[Part(indexed / "a0.png"), Part(starred)])]
    assert found(indexed / "a0.png", "--plus", starred) == [Path(path).name for path in wanted]
    assert found(indexed / "a0.png", "--plus", f"{starred}*1") == [Path(p).name for p in wanted]


def test_nothing_is_kept_of_a_region_or_of_several(indexed: Path) -> None:
    file = indexed / "a0.png"
    done("search", file, "--box", "0,0,0.5,1", "--like", "1")
    done("search", file, "--plus", indexed / "a1.png", "--like", "1")
    assert marks() == 0
    done("search", file, "--like", "1")
    assert marks() == 1


def test_mistakes(indexed: Path) -> None:
    file = indexed / "a0.png"
    for box in ("1,2,3", "a,b,c,d", "0 0 1 1", ""):
        assert "--box goes with LEFT,TOP,RIGHT,BOTTOM" in failed(2, "search", file, "--box", box)
    assert "0 to 1" in failed(2, "search", file, "--box", "0,0,2,1")
    assert "0 to 1" in failed(2, "search", file, "--box", "0,0,nan,1")
    assert "there is none" in failed(2, "search", "--words", "red", "--box", "0,0,1,1")
    assert "there is none" in failed(2, "search", "--plus", file, "--box", "0,0,1,1")
    for wrong in ("*2", "a0.png*much", "a0.png*", "1*0", "1*-1", "1*inf", "1*nan"):
        assert "a number above 0" in failed(2, "search", file, "--minus", wrong)
    assert "keep away from" in failed(2, "search", "--minus", file)
    assert "add up to 0" in failed(2, "search", file, "--minus", "1")
    assert "id 99" in failed(1, "search", file, "--plus", "99")
    assert "none.png" in failed(1, "search", file, "--plus", indexed / "none.png")
    said = failed(2, "search", file, "--plus", "1", "--min-probability", "0.5")
    assert "leave min_probability out" in said


def test_what_needs_the_gallerys_files_refuses_an_address(tmp_path: Path) -> None:
    table = tmp_path / "prices.csv"
    table.write_text("path,price\na,1\n")
    for arguments in (
        ("remove", "--kept"),
        ("remove", "--descriptor", "glance"),
        ("columns", "import", table),
        ("index", "--index", "hnsw"),
        ("use", "glance"),
    ):
        said = failed(2, *arguments, "--gallery", "http://127.0.0.1:9/v1/galleries/shoes")
        assert "the address of a server" in said
    assert not list(tmp_path.glob("**/http*"))


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS))
def test_any_numbers_are_read(numbers: tuple[float, ...]) -> None:
    assert box_of(",".join(map(repr, numbers))) == numbers


@given(st.floats(1e-300, 1e300), st.sampled_from(["7", "b.jpg", "b*c.jpg", "*.jpg"]))
def test_any_weight_is_read(weight: float, name: str) -> None:
    plus, minus = parts_of(None, None, "", [f"{name}*{weight!r}"], [f"{name}*{weight!r}"])
    assert (plus.weight, minus.weight) == (weight, -weight)
    assert plus.picture == minus.picture == (7 if name == "7" else name)


@given(st.text(alphabet="0123456789.,*-+eainf \x00", max_size=12))
def test_anything_typed_is_read_or_refused_in_words(typed: str) -> None:
    for read in (
        lambda: box_of(typed),
        lambda: parts_of(None, None, "", [typed.replace("-", "") or "1"], []),
    ):
        try:
            read()
        except UsageError as error:
            assert "for example" in str(error)
