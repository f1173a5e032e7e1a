"""Each place that labels come from, with what is wrong with them."""

import hashlib

import numpy as np
import pytest

from lookalike.errors import BadParameter, UnknownName
from lookalike.learning.adapter.groups import Groups
from lookalike.learning.adapter.judged import Judged
from lookalike.learning.adapter.labels import labelled
from lookalike.store import Catalog
from lookalike.store.filling import fill
from lookalike.store.marks import keep
from lookalike.store.table_files import table_of
from lookalike.store.vectors import kept_vectors

PATHS = [f"/shop/{folder}/{name}.jpg" for folder in ("hats", "shoes") for name in "abc"]
VECTORS = np.arange(18, dtype="<f4").reshape(6, 3)


def sha256(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


@pytest.fixture
def catalog(tmp_path):
    catalog = Catalog(tmp_path / "gallery", create=True)
    with catalog.transaction() as db:
        db.execute("INSERT INTO folders VALUES (?)", (b"/shop",))
        db.execute(
            "INSERT INTO descriptors (id, key, spec, metric, dim) "
            "VALUES (1, 'one@1', 'one', 'cosine', 3)"
        )
        for number, path in enumerate(PATHS, 1):
            db.execute(
                "INSERT INTO contents (id, sha256, bytes, format, width, height) "
                "VALUES (?, ?, 1, 'PNG', 1, 1)",
                (number * 10, sha256(number)),
            )
            db.execute(
                "INSERT INTO files (id, path, size, mtime_ns, content_id) VALUES (?, ?, 1, 1, ?)",
                (number, path.encode(), number * 10),
            )
            db.execute(
                "INSERT INTO vectors VALUES (1, ?, ?)", (number * 10, VECTORS[number - 1].tobytes())
            )
    yield catalog
    catalog.close()


@pytest.fixture
def kept(catalog):
    (stored,) = catalog.descriptors()
    kept = kept_vectors(catalog, stored)
    assert list(kept.paths) == PATHS
    return kept


def written(tmp_path, text: str) -> str:
    file = tmp_path / "told.csv"
    file.write_text(text)
    return str(file)


def groups_of(found) -> list[list[int]]:
    assert isinstance(found.told, Groups)
    return [found.told.rows[places].tolist() for places in found.told.places.values()]


def test_folders(catalog, kept):
    assert groups_of(labelled(catalog, kept, "folders")) == [[0, 1, 2], [3, 4, 5]]


def test_a_column(catalog, kept):
    rows = {1: {"Brand": "Acme"}, 2: {"Brand": "ACME"}, 4: {"Brand": "Best"}}
    fill(catalog, table_of(rows), "", {"Brand": "Brand"})
    found = labelled(catalog, kept, "column:brand")
    assert groups_of(found) == [[0, 1], [3]]
    assert found.source == "the column Brand"


def test_copies_that_contradict_each_other_are_not_told_of(catalog, kept):
    with catalog.transaction() as db:
        db.execute("INSERT INTO files VALUES (7, ?, 1, 1, 10, '')", (b"/shop/zzz.jpg",))
    rows = {1: {"price": 5}, 7: {"price": 6}, 2: {"price": 5}}
    fill(catalog, table_of(rows), "", {"price": "price"})
    assert groups_of(labelled(catalog, kept, "column:price")) == [[1]]


def test_a_column_that_there_is_not(catalog, kept):
    with pytest.raises(UnknownName, match="no column named 'brand'"):
        labelled(catalog, kept, "column:brand")


def test_a_table_of_labels(catalog, kept, tmp_path):
    text = "Label,Path\nx,hats/a.jpg\ny,hats/b\nx,shoes/c.jpg\nx,nowhere.jpg\n,shoes/b.jpg\n"
    found = labelled(catalog, kept, written(tmp_path, text))
    assert groups_of(found) == [[0, 5], [1]]
    assert found.unknown == 1


def test_pairs_that_are_all_the_same_make_groups(catalog, kept, tmp_path):
    text = "first,second,same\nhats/a,hats/b,1\nhats/b,shoes/c,yes\nshoes/a,shoes/b,TRUE\n"
    found = labelled(catalog, kept, written(tmp_path, text))
    assert groups_of(found) == [[0, 1, 5], [3, 4]]


def test_pairs_of_both_kinds_are_judged_answers_in_both_directions(catalog, kept, tmp_path):
    text = "first,second,same\nhats/a,hats/b,1\nhats/b,hats/c,0\nhats/c,hats/c,no\nx,y,1\n"
    found = labelled(catalog, kept, written(tmp_path, text))
    told = found.told
    assert isinstance(told, Judged)
    assert told.asked.tolist() == [0, 1, 1, 2] and told.found.tolist() == [1, 2, 0, 1]
    assert told.same.tolist() == [True, False, True, False]
    assert told.unit.tolist() == [[0, 0], [0, 2], [0, 0], [2, 0]]
    assert found.unknown == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "has the columns a, b; it needs path and label, or first, second and same"),
        ("path,label\nhats/a,x\nhats/a,y\n", "line 3: this picture was labelled 'x' before"),
        ("first,second,same\nhats/a,hats/b,maybe\n", "line 2: same is 'maybe'; it is 1 or 0"),
        (
            "first,second,same\nhats/a,hats/b,1\nhats/b,hats/a,0\n",
            "line 3: this pair was told to be the same before",
        ),
        ("", "is empty"),
    ],
)
def test_a_table_that_says_something_else(catalog, kept, tmp_path, text, message):
    with pytest.raises(BadParameter, match=message):
        labelled(catalog, kept, written(tmp_path, text))


def test_marks(catalog, kept):
    outside = np.array([9, 9, 9], np.float32)
    keep(catalog, sha256(1), liked=[20, 30], unliked=[40])
    keep(catalog, b"o" * 32, liked=[60], unliked=[], vectors={1: outside})
    keep(catalog, b"u" * 32, liked=[60], unliked=[])  # of this query no vector was kept
    found = labelled(catalog, kept, "marks")
    told = found.told
    assert isinstance(told, Judged)
    pairs = {
        (a, f): s
        for a, f, s in zip(told.asked.tolist(), told.found.tolist(), told.same, strict=True)
    }
    assert pairs == {(0, 1): True, (0, 2): True, (0, 3): False, (6, 5): True}
    assert found.vectors[6].tolist() == [9, 9, 9] and len(found.vectors) == 7
    assert found.unknown == 1


def test_no_marks(catalog, kept):
    with pytest.raises(BadParameter, match="no answers were marked in this gallery yet"):
        labelled(catalog, kept, "marks")


@pytest.mark.parametrize("source", ["colour", "column:", "kinds:x"])
def test_a_place_that_there_is_not(catalog, kept, source):
    with pytest.raises(BadParameter, match="labels come from folders, marks, column:NAME"):
        labelled(catalog, kept, source)


def test_a_file_that_there_is_not(catalog, kept, tmp_path):
    with pytest.raises(BadParameter, match="cannot read"):
        labelled(catalog, kept, str(tmp_path / "none.csv"))
