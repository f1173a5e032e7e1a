"""From what is typed, or what lies there, to a loader; and the lists that they read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookalike.errors import BadParameter, LookalikeError, UnknownName
from lookalike.evaluation.truth import LAYOUTS, guess, read
from lookalike.evaluation.truth.lists import lines

DOCS = Path(__file__).parents[3] / "docs" / "datasets.md"


def test_the_layouts() -> None:
    assert LAYOUTS.names() == [
        "caltech101",
        "caltech256",
        "copydays",
        "csv",
        "cub200",
        "disc21",
        "folders",
        "holidays",
        "inshop",
        "names",
        "oxford5k",
        "paris6k",
        "products",
        "roxford5k",
        "rparis6k",
        "ukbench",
    ]


def test_every_layout_is_documented() -> None:
    page = DOCS.read_text("utf-8")
    for name in LAYOUTS.names():
        layout = LAYOUTS.get(name)
        assert layout.__doc__
        assert f"`{layout.example or name}`" in page, name
        assert layout.home in page, name


def test_the_example_layout_of_the_documentation_works(lay) -> None:
    [code] = [
        block
        for block in re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
        if "(Layout)" in block
    ]
    module: dict[str, object] = {"__name__": "my_package.albums"}
    exec(code, module)
    [truth] = module["Albums"]().load(lay("a-1.jpg", "a-2.jpg", "b-1.jpg"))
    assert truth.name == "albums"
    assert [rows.tolist() for rows in truth.relevant] == [[1], [0]]


@pytest.mark.parametrize(
    ("files", "name"),
    [
        (["jpg/100000.jpg", "jpg/100001.jpg"], "holidays"),
        (["ukbench00000.jpg"], "ukbench"),
        (["200000.jpg", "strong/200001.jpg"], "copydays"),
        (["gt/all_souls_1_query.txt"], "oxford5k"),
        (["defense_1_query.txt"], "paris6k"),
        (["gnd_roxford5k.json"], "roxford5k"),
        (["gnd_rparis6k.pkl"], "rparis6k"),
        (["101_ObjectCategories/ant/image_0001.jpg"], "caltech101"),
        (["001.ak47/001_0001.jpg", "257.clutter/257_0001.jpg"], "caltech256"),
        (["Ebay_test.txt"], "products"),
        (["Eval/list_eval_partition.txt"], "inshop"),
        (["CUB_200_2011/images.txt", "CUB_200_2011/image_class_labels.txt"], "cub200"),
        (["references/R000000.jpg", "public_ground_truth.csv"], "disc21"),
        (["cat/1.jpg", "cat/2.jpg", "dog/100000.jpg"], "folders"),
        (["images.txt", "cat/1.jpg"], "folders"),
        ([], "folders"),
    ],
)
def test_what_lies_there_is_guessed(lay, files: list[str], name: str) -> None:
    assert guess(lay("readme.txt", *files)) == name


def test_a_guess_is_told(lay) -> None:
    root = lay("100000.jpg", "100001.jpg")
    for spec in (None, "auto", "AUTO", ""):
        [truth] = read(spec, root)
        assert truth.name == "holidays"
        assert truth.source.startswith("Taken for holidays by what lies there. INRIA")
    [named] = read(" Holidays ", root)
    assert named.source.startswith("INRIA")


def test_what_could_be_two_is_not_guessed(lay) -> None:
    root = lay("gnd_roxford5k.json", "gt/all_souls_1_query.txt")
    with pytest.raises(BadParameter, match="oxford5k or roxford5k; name the one"):
        read("auto", root)


def test_names_that_are_not_known(lay) -> None:
    with pytest.raises(UnknownName, match="did you mean 'holidays'"):
        read("holiday", lay("a.jpg"))
    with pytest.raises(UnknownName, match="no ground truth named 'files'"):
        read("files", lay("a.jpg"))


def test_folders_that_are_not_there_or_empty(lay, tmp_path: Path) -> None:
    for spec in ("auto", "folders", "names:a", "csv:a", "holidays", "roxford5k"):
        with pytest.raises(BadParameter, match="there is no folder .*lost"):
            read(spec, tmp_path / "lost")
    with pytest.raises(BadParameter, match="there are no pictures"):
        read("folders", lay("notes.txt"))


def test_links_to_pictures_are_followed_and_links_to_folders_are_not(lay, tmp_path: Path) -> None:
    root = lay("a/1.jpg", "a/2.jpg")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "3.jpg").write_bytes(b"")
    try:
        (root / "a" / "4.jpg").symlink_to(outside / "3.jpg")
        (root / "b").symlink_to(outside, target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")
    [truth] = read("folders", root)
    assert [file.relative_to(root).as_posix() for file in truth.files] == [
        "a/1.jpg",
        "a/2.jpg",
        "a/4.jpg",
    ]


def test_lines_know_their_numbers(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_bytes(b"\xef\xbb\xbffirst\r\n\r\n  third  \n")
    assert [(line.number, line.text) for line in lines(file)] == [(1, "first"), (3, "third")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"good\n\xff\xfe\n", "line 2: this is not UTF-8"),
        (b"good\n" + b"x" * 200_000, "line 2, has no end"),
    ],
)
def test_files_that_are_no_lists(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "list.txt"
    file.write_bytes(content)
    with pytest.raises(BadParameter, match=why):
        list(lines(file))


LISTS = {
    "products": "Ebay_test.txt",
    "inshop": "list_eval_partition.txt",
    "cub200": "images.txt",
    "disc21": "ground_truth.csv",
    "oxford5k": "all_souls_1_query.txt",
    "roxford5k": "gnd_roxford5k.json",
}
WORDS = [
    "1",
    "101",
    "-1",
    "1e999",
    "nan",
    "x.jpg",
    "../x.jpg",
    "Q00000",
    "R000000",
    ",",
    "query",
    "gallery",
    "oxc1_x",
    "{",
    "[]",
]


@pytest.mark.parametrize("name", LISTS)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=40,
)
@given(
    content=st.binary(max_size=60)
    | st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), max_size=4).map(
        lambda texts: "\n".join(texts).encode()
    )
)
def test_any_list_is_read_or_refused_in_our_words(lay, name: str, content: bytes) -> None:
    root = lay("x.jpg", "Q00000.jpg", "R000000.jpg", texts={"image_class_labels.txt": "1 101\n"})
    for kind in ("good", "ok", "junk"):
        (root / f"all_souls_1_{kind}.txt").write_text("x\n" if kind == "good" else "")
    (root / LISTS[name]).write_bytes(content)
    try:
        found = read(name, root)
    except LookalikeError:
        return
    for truth in found:
        assert all(file.parent == root for file in truth.files)
