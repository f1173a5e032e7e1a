"""What Milvus is asked lets all through that a condition wants; what is sieved is what it wants."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conditions import COLUMNS, CONDITIONS, Stocked, checked, rows
from lookalike.errors import BadParameter, UnknownName
from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.gallery.milvus.search import expressions
from lookalike.gallery.milvus.search.sieve import Sieve
from lookalike.gallery.milvus.search.where import selection, translated
from lookalike.store.where import parse
from lookalike.store.where.fields import Fields
from lookalike.store.where.syntax import Condition

pytest.importorskip("pymilvus")

OLD, NEW = expressions.able((2, 3, 5), False), expressions.able((2, 6, 0), False)

# -- what is asked ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "expression", "is_exact"),
    [
        ("width >= 800", "width >= 800", True),
        ("width > 800.5", "width > 800", True),
        ("width < 800.5", "width < 801", True),
        ("width = 800.5", "content < 0", True),
        ("width != 800.5", "", True),
        ("width < 1e30", "", True),
        ("bytes > 2 MB", "bytes > 2000000", True),
        ("format in (jpg, png)", 'format in ["JPEG", "PNG"]', True),
        ("not format = jpg", 'not (format in ["JPEG"])', True),
        ("name = tom.jpg", 'name == "tom.jpg"', True),
        ("name like IMG_*", '(name >= "IMG_") and (name < "IMG`")', True),
        ("folder = cats", 'array_contains(folders, "cats")', True),
        (
            "folder = a/cats",
            '(array_contains(folders, "a")) and (array_contains(folders, "cats"))',
            False,
        ),
        ("not folder = a/cats", "", False),
        ("folder = /a/cats", '(path >= "/a/cats/") and (path < "/a/cats0")', True),
        ("path = cats/tom.jpg", 'name == "tom.jpg"', False),
        ("path = s3://shop/tom.jpg", 'path == "s3://shop/tom.jpg"', True),
        (
            "taken = 2021-05",
            '(taken != "") and ((taken >= "2021-05") and (taken < "2021-05~"))',
            True,
        ),
        ("taken is not missing", 'not (taken == "")', True),
        ("PRICE > 5", '(exists columns["price"]) and (columns["price"] > 5)', True),
        ("price is missing", 'not (exists columns["price"])', True),
        (
            "brand in (Acme, b)",
            '(exists columns["brand"]) and (columns["is"]["brand"] in ["acme", "b"])',
            True,
        ),
        ("brand like *c*", 'exists columns["brand"]', False),
        ("width = 3 or brand like a", '(width in [3]) or (exists columns["brand"])', False),
        ("not (width = 3 or brand like a)", "not (width in [3])", False),
        ('"größe ""x""" > 5', "", False),
    ],
)
def test_what_milvus_is_asked(condition: str, expression: str, is_exact: bool) -> None:
    for engine in (OLD, NEW):
        found = translated(parse(condition), Fields(COLUMNS), engine)
        assert (found.expression, found.is_exact) == (expression, is_exact)


def test_old_servers_know_how_a_name_begins_only() -> None:
    fields = Fields(COLUMNS)
    assert translated(parse("name like *.jpg"), fields, NEW).expression == 'name like "%.jpg"'
    assert translated(parse("name like *.jpg"), fields, OLD) == expressions.UNKNOWN


def test_no_list_of_json_is_understood_by_lite() -> None:
    lite = expressions.able((2, 6, 0), True)
    found = translated(parse("price in (1, 2.5)"), Fields(COLUMNS), lite)
    assert found.expression.endswith('((columns["price"] == 1.0) or (columns["price"] == 2.5))')
    many = translated(parse(f"price in ({', '.join(map(str, range(99)))})"), Fields(COLUMNS), lite)
    assert (many.expression, many.is_exact) == ('exists columns["price"]', False)


def test_of_hidden_paths_only_names_are_certain() -> None:
    fields = Fields(COLUMNS)
    found = translated(parse("folder = cats"), fields, NEW, hides_paths=True)
    assert (found.expression, found.is_exact) == ('array_contains(folders, "cats")', False)
    assert translated(parse("name = a"), fields, NEW, hides_paths=True).is_exact


def test_what_is_too_long_is_not_asked() -> None:
    values = ", ".join(f"{n:020}.jpg" for n in range(4000))
    assert translated(parse(f"name in ({values})"), Fields(()), NEW) == expressions.UNKNOWN


# -- what comes through ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stocked]:
    pytest.importorskip("milvus_lite")
    folder = tmp_path_factory.mktemp("where")
    stocked = Stocked(f"milvus:{folder}/gallery.db", folder / "catalog")
    yield stocked
    stocked.close()


AGAIN = settings(
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@AGAIN
@given(rows(), st.lists(CONDITIONS, min_size=8, max_size=16), st.booleans())
def test_the_same_comes_through_as_in_sqlite(
    lite: Stocked, files: list[FileRow], asked: list[Condition], hides: bool
) -> None:
    checked(lite, files, asked, hides)


@pytest.mark.parametrize(
    ("condition", "error", "told"),
    [
        ("width > big", BadParameter, "a number is meant here.*▶big◀"),
        ("wdth > 3", UnknownName, "did you mean 'width'"),
        ("width like 3", BadParameter, "width goes with"),
        ("width >", BadParameter, "a value is missing"),
    ],
)
def test_a_condition_that_is_none(
    lite: Stocked, condition: str, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        selection(lite.kept, [condition])


def test_files_that_failed_pass_no_condition(lite: Stocked) -> None:
    failed = FileRow("/a", 1, reason="corrupt")
    sound = FileRow("/b", 2, sha256=bytes(32))
    for condition in ("width < 100", "name like ?"):
        assert selection(lite.kept, [condition]).passing([failed, sound]) == [sound]


def test_threads_share_a_sieve(lite: Stocked) -> None:
    from concurrent.futures import ThreadPoolExecutor

    chosen = selection(lite.kept, ["name like [ab]*"])
    files = [FileRow(f"/{name}{n}", n, sha256=bytes(32)) for n, name in enumerate("abc" * 50)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(chosen.passing, [files] * 20))
    assert all(len(one) == 100 for one in found)


def test_a_sieve_leaves_no_database_open() -> None:
    sieve = Sieve(parse("width > 100"), COLUMNS)
    db = sieve._db
    assert db.execute("SELECT 1").fetchone() == (1,)
    del sieve
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        db.execute("SELECT 1")
