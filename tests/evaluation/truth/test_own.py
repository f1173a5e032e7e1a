"""Ground truth of one's own: folders, names of files, a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookalike.errors import BadParameter, LookalikeError
from lookalike.evaluation.truth import GroundTruth, read


def test_a_folder_is_a_category(lay, told) -> None:
    root = lay(
        "cat/1.jpg", "cat/2.PNG", "dog/1.jpg", "dog/deep/1.jpg", "dog/deep/2.jpg", "loose.jpg"
    )
    (root / "cat" / "notes.txt").write_text("no picture")
    (root / "cat" / ".hidden.jpg").write_text("")
    [truth] = read("folders", root)
    assert truth.name == "data"
    assert truth.measures == ("mAP", "P@10")
    assert told(truth, root) == {
        "searched": ["cat/1.jpg", "cat/2.PNG", "dog/1.jpg", "dog/deep/1.jpg", "dog/deep/2.jpg"],
        # dog/1.jpg is alone in its folder, so nothing is right; it is searched all the same.
        "queries": ["cat/1.jpg", "cat/2.PNG", "dog/deep/1.jpg", "dog/deep/2.jpg"],
        "relevant": [["cat/2.PNG"], ["cat/1.jpg"], ["dog/deep/2.jpg"], ["dog/deep/1.jpg"]],
        "junk": [["cat/1.jpg"], ["cat/2.PNG"], ["dog/deep/1.jpg"], ["dog/deep/2.jpg"]],
    }
    assert "Left out: 1 that lie in none." in truth.source


def test_folders_of_the_same_name_are_different_categories(lay) -> None:
    root = lay("a/cat/1.jpg", "a/cat/2.jpg", "b/cat/1.jpg", "b/cat/2.jpg")
    [truth] = read("folders", root)
    assert [list(rows) for rows in truth.relevant] == [[1], [0], [3], [2]]


def test_pictures_without_folders_have_no_category(lay) -> None:
    with pytest.raises(BadParameter, match=r"all 2 pictures lie in .* itself.*names:"):
        read("folders", lay("1.jpg", "2.jpg"))
    with pytest.raises(BadParameter, match="no two pictures"):
        read("folders", lay("a/1.jpg", "b/2.jpg") / "a" / "..")


def test_names_start_with_their_group_whatever_their_case(lay, told) -> None:
    root = lay("Cat1.jpg", "cat2.jpg", "dog (1).jpg", "x/DOG2.jpg", "7.jpg")
    [truth] = read("names:^[a-z]+", root)
    assert told(truth, root)["queries"] == ["Cat1.jpg", "cat2.jpg", "dog (1).jpg", "x/DOG2.jpg"]
    assert told(truth, root)["relevant"] == [
        ["cat2.jpg"],
        ["Cat1.jpg"],
        ["x/DOG2.jpg"],
        ["dog (1).jpg"],
    ]
    assert "Left out: 1 in which it finds nothing." in truth.source


def test_the_groups_of_a_pattern_together_name_the_group(lay) -> None:
    root = lay("red_shoe_1.jpg", "red_shoe_2.jpg", "red_hat_1.jpg", "blue_shoe_1.jpg")
    [by_both] = read(r"names:^([a-z]+)_([a-z]+)", root)
    assert [truth.tolist() for truth in by_both.relevant] == [[3], [2]]
    [by_thing] = read(r"names:_([a-z]+)_\d$", root)
    assert [by_thing.files[row].name for row in by_thing.queries] == [
        "blue_shoe_1.jpg",
        "red_shoe_1.jpg",
        "red_shoe_2.jpg",
    ]


def test_a_colon_is_part_of_the_pattern(lay) -> None:
    [truth] = read("names:^(?:img|pic)", lay("img1.jpg", "img2.jpg"))
    assert len(truth.queries) == 2


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("names:(", "no regular expression"),
        ("names:a{99999999999}", "no regular expression"),
        ("names:^z", r"finds nothing in the names of 2 pictures .*'a1'.*names:\^\[a-z\]\+"),
        ("names:.*", "a group of its own, such as a1.jpg into 'a1'"),
        ("names", r"needs a REGEX: names:\^\[a-z\]\+"),
        ("folders:x", "stands alone"),
    ],
)
def test_patterns_that_cannot_be_meant(lay, spec: str, why: str) -> None:
    with pytest.raises(BadParameter, match=why):
        read(spec, lay("a1.jpg", "a2.jpg"))


TABLE = """query,relevant,junk,comment
a 1.jpg,a 2.jpg | sub/a 3.jpg,b1.jpg,both
a 1.jpg,a 4.jpg,,one more
b1.jpg,,,nothing is right
"""


def test_a_table_lists_what_is_right(lay, told) -> None:
    root = lay(
        "a 1.jpg", "a 2.jpg", "sub/a 3.jpg", "a 4.jpg", "b1.jpg", "c.jpg", texts={"t.csv": TABLE}
    )
    [truth] = read("csv:t.csv", root)
    assert told(truth, root) == {
        "searched": ["a 1.jpg", "a 2.jpg", "a 4.jpg", "b1.jpg", "c.jpg", "sub/a 3.jpg"],
        "queries": ["a 1.jpg", "b1.jpg"],
        "relevant": [["a 2.jpg", "a 4.jpg", "sub/a 3.jpg"], []],
        # Each query is junk to itself; b1.jpg was listed as junk of the first.
        "junk": [["a 1.jpg", "b1.jpg"], ["b1.jpg"]],
    }


def test_a_query_may_lie_elsewhere_and_is_then_not_searched(lay, tmp_path: Path) -> None:
    root = lay("a.jpg", "b.jpg")
    elsewhere = tmp_path / "query.jpg"
    elsewhere.write_bytes(b"")
    distractor = tmp_path / "answer.jpg"
    distractor.write_bytes(b"")
    table = tmp_path / "truth.csv"
    table.write_text(f"query;relevant\n{elsewhere};a.jpg|../answer.jpg\n", "utf-8")
    [truth] = read(f"csv:{table}", root)
    assert truth.files == (root / "a.jpg", root / "b.jpg", elsewhere, distractor)
    assert truth.searched.tolist() == [True, True, False, True]
    assert truth.queries.tolist() == [2]
    assert truth.relevant[0].tolist() == [0, 3]
    assert truth.junk[0].tolist() == []


def test_a_query_that_is_listed_as_right_is_not_junk(lay) -> None:
    root = lay("a.jpg", "b.jpg", texts={"t.csv": "query,relevant\na.jpg,a.jpg|b.jpg\n"})
    [truth] = read("csv:t.csv", root)
    assert truth.relevant[0].tolist() == [0, 1]
    assert truth.junk[0].tolist() == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("query,relevant\na.jpg,b.jpg\na.jpg,lost.jpg\n", r"t.csv, line 3: .*'lost.jpg'.*relative"),
        ("query,relevant,junk\na.jpg,b.jpg,b.jpg\n", "line 2: .*b.jpg is both"),
        ("query,relevant\n,b.jpg\n", "line 2: one query is meant, not 0"),
        ("query,relevant\na.jpg|b.jpg,b.jpg\n", "line 2: one query is meant, not 2"),
        ("query,right\na.jpg,b.jpg\n", "no column 'relevant' but query, right"),
        ("query,relevant\n", "has no row"),
        ("query,relevant\na.jpg,b.jpg,c.jpg\n", "line 2: 3 fields"),
        ("", "is empty"),
    ],
)
def test_broken_tables(lay, text: str, why: str) -> None:
    with pytest.raises(BadParameter, match=why):
        read("csv:t.csv", lay("a.jpg", "b.jpg", texts={"t.csv": text}))


def test_a_table_that_is_not_there(lay) -> None:
    with pytest.raises(BadParameter, match=r"no table 'lost.csv'.*query,relevant,junk"):
        read("csv:lost.csv", lay("a.jpg"))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=50,
)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["a.jpg", "b.jpg", "", "|", "../data/c.jpg", '"', "\0"]), max_size=4
        )
    )
    | st.binary(max_size=100)
)
def test_any_table_is_read_or_refused_in_our_words(lay, rows) -> None:
    root = lay("a.jpg", "b.jpg", "c.jpg")
    body = rows if isinstance(rows, bytes) else "\n".join(map(",".join, rows)).encode()
    (root / "t.csv").write_bytes(b"query,relevant,junk\n" + body)
    try:
        [truth] = read("csv:t.csv", root)
    except LookalikeError:
        return
    assert len(truth.files) == 3
    assert len(truth.queries) >= 1


def test_answers_must_be_searched_and_cannot_be_junk_too() -> None:
    def truth(**changed: object) -> GroundTruth:
        given = {
            "files": (Path("a.jpg"), Path("b.jpg")),
            "searched": np.array([True, True]),
            "queries": np.array([0]),
            "relevant": (np.array([1]),),
            "junk": (np.array([0]),),
        }
        return GroundTruth(name="x", measures=("mAP",), source="", **{**given, **changed})

    assert truth().relevant[0].tolist() == [1]
    with pytest.raises(BadParameter, match="not searched among"):
        truth(searched=np.array([True, False]))
    with pytest.raises(BadParameter, match="both right and junk"):
        truth(junk=(np.array([1]),))
