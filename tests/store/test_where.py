"""Conditions: how they are read, and that SQLite finds what plain Python finds."""

from __future__ import annotations

import datetime
import fnmatch
import os
import re
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import BadParameter, UnknownName, UsageError
from lookalike.store import Catalog
from lookalike.store.columns import columns_in
from lookalike.store.where import allowed, parse, written
from lookalike.store.where.comparisons import register
from lookalike.store.where.fields import FACTS, Fields
from lookalike.store.where.globs import expression, literal
from lookalike.store.where.sql import Compiler
from lookalike.store.where.syntax import All, Check, Either, Not, Word

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the paths here are POSIX ones")


@dataclass(frozen=True)
class File:
    """What the tests know of a file, as plain values."""

    id: int
    content: int
    path: str
    modified: datetime.datetime
    format: str
    width: int
    bytes: int
    taken: str | None
    price: float | None
    brand: str | None
    since: str | None
    sold: bool | None


def made_file(n: int) -> File:
    content = n if n <= 50 else n - 50  # ten files are copies of others
    folder = ("/p/cats", "/p/cats/summer", "/p/dogs 2021", "/p/cat", "/q/[x]/cats")[n % 5]
    return File(
        id=n,
        content=content,
        path=f"{folder}/IMG_{n:02}.{('jpg', 'png', 'JPG')[n % 3]}",
        modified=datetime.datetime(2019 + n % 4, 1 + n % 12, 1 + n % 28, n % 24, n % 60),
        format=("JPEG", "PNG", "JPEG 2000")[content % 3],
        width=100 * (content % 17),
        bytes=1_000_000 * (content % 7),
        taken=f"202{content % 3}-0{1 + content % 5}-11T10:20:30" if content % 4 else None,
        price=(n / 4 if n % 2 else n) if n % 6 else None,
        brand=(None, "Nike", "adidas", "NIKE", None, "Ünï", 'o"x')[n % 7],
        since=f"2021-0{1 + n % 9}-02" if n % 5 else None,
        sold=(True, False, None)[n % 3],
    )


FILES = [made_file(n) for n in range(1, 61)]
COLUMNS = {"price": "number", "brand": "text", "since": "date", "sold": "flag"}


@pytest.fixture(scope="module")
def catalog() -> Iterator[Catalog]:
    with tempfile.TemporaryDirectory() as folder:
        opened = Catalog(Path(folder), create=True)
        with opened.transaction() as db:
            entered(db)
        yield opened
        opened.close()


def entered(db: sqlite3.Connection) -> None:
    for f in FILES:
        db.execute(
            "INSERT OR IGNORE INTO contents VALUES (?, ?, ?, ?, ?, 7, ?)",
            (f.content, bytes([f.content]), f.bytes, f.format, f.width, f.taken),
        )
        mtime = round(f.modified.timestamp() * 1e9)
        db.execute(
            "INSERT INTO files VALUES (?, ?, 1, ?, ?, '')",
            (f.id, f.path.encode(), mtime, f.content),
        )
    db.execute("INSERT INTO files VALUES (99, '/p/cats/failed.jpg', 1, 1, NULL, '')")
    for number, (name, kind) in enumerate(COLUMNS.items(), 1):
        db.execute("INSERT INTO columns VALUES (?, ?, ?)", (number, name, kind))
        db.executemany(
            "INSERT INTO cells VALUES (?, ?, ?)",
            [(f.id, number, v) for f in FILES if (v := getattr(f, name)) is not None],
        )


def ids(catalog: Catalog, *conditions: str) -> set[int]:
    """Return the files that are allowed."""
    found = allowed(catalog, conditions)
    contents = set(found.contents.tolist())
    return {f.id for f in FILES if f.content in contents and found.has(f.id)}


def where(test) -> set[int]:
    return {f.id for f in FILES if test(f)}


# -- reading ---------------------------------------------------------------------------------


def test_a_condition_is_read() -> None:
    found = parse(
        'folder = "cats 1" AND (width>=800 or not brand in (nike, "a""b")) and x is missing'
    )
    assert found == All(
        (
            Check(Word("folder"), "=", (Word("cats 1"),)),
            Either(
                (
                    Check(Word("width"), ">=", (Word("800"),)),
                    Not(Check(Word("brand"), "in", (Word("nike"), Word('a"b')))),
                )
            ),
            Check(Word("x"), "missing", ()),
        )
    )


def test_other_spellings() -> None:
    assert parse("a == 1") == parse("a=1") == parse("  a  =\n1 ") == parse("'a' = '1'")
    assert parse("a <> 1") == parse("a != 1")
    assert parse("a not in (1)") == parse("not a in (1)") == parse("NOT a IN (1)")
    assert parse("a not like x") == parse("not a like x")
    assert parse("a is not missing") == parse("not a is missing")
    assert parse("size > 2 MB") == parse("size > 2MB")
    assert parse("a = 1 or b = 2 and c = 3") == parse("a = 1 or (b = 2 and c = 3)")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a condition is missing, for example width >= 800: ▶◀"),
        ("width", "After a field comes"),
        ("width >", "a value is missing: width >▶◀"),
        ("width > 3 height", "only and, or, or the end can follow here: width > 3 ▶height◀"),
        ("width > 3)", "width > 3▶)◀"),
        ("(width > 3", "a parenthesis ) is missing: (width > 3▶◀"),
        ("width > 3 and", "a field is missing, such as folder, width or taken: width > 3 and▶◀"),
        ("brand = and", "if this is meant, quote it: brand = ▶and◀"),
        ("brand in nike", "after in comes a list"),
        ("brand in (nike", "a comma or the parenthesis"),
        ("brand in ()", "a value is missing: brand in (▶)◀"),
        ("brand is nike", "only missing, or not missing"),
        ("brand not = nike", "what about brand?"),
        ('brand = "nike', 'this quote is not closed: brand = ▶"◀nike'),
        ("brand ! nike", "brand ▶!◀ nike"),
        ("width > 3 and" + "(" * 30 + "a = 1", "levels deep"),
        ("not " * 30 + "a = 1", "levels deep"),
        ("a in (" + "1, " * 6000 + "1)", "more than 5,000 values"),
        ("a" * 300_000, "at most 200,000 characters"),
    ],
)
def test_what_is_no_condition_is_told_where(text: str, said: str) -> None:
    with pytest.raises(BadParameter, match=re.escape(said)) as found:
        parse(text)
    assert "\n" not in str(found.value) and len(str(found.value)) < 300


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("width > big", "a number is meant here, such as 800, not 'big': width > ▶big◀"),
        ("width > 3 MB", "a number is meant"),
        ("size > 3 apples", "only and, or"),
        ("size > many", "2 MB"),
        ("taken > summer", "a date is meant here"),
        ("taken = 2021-13", "a date is meant here"),
        ("taken = 2021-02-30", "a date is meant here"),
        ("modified = 2021-2", "a date is meant here"),
        ("sold = maybe", "true or false is meant here"),
        ("format = docx", "no format 'docx' is read here, only JPEG"),
        ("taken like 2021*", "taken goes with"),
        ("path < a", "path goes with = != in like, not with <: path ▶<◀ a"),
        ("width is missing", "width goes with"),
        ("name = a/b.jpg", "for that ask path"),
        ("folder = ''", "a path is meant here"),
        ("brand = '\ud800'", "no text can have"),
        ("path = '\ud800'", "no path can have"),
    ],
)
def test_what_does_not_fit_is_told_where(catalog: Catalog, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        allowed(catalog, [text])


def test_an_unknown_field_is_answered_with_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(UnknownName, match="did you mean 'width'"):
        allowed(catalog, ["widht > 3"])
    with pytest.raises(UnknownName, match="did you mean 'price'"):
        allowed(catalog, ["width > 3 and (prise < 3 or width = 1)"])


words = st.text(min_size=0, max_size=8).map(Word)
tests = st.one_of(
    st.builds(
        lambda f, o, v: Check(f, o, (v,)),
        words,
        st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "like"]),
        words,
    ),
    st.builds(
        lambda f, v: Check(f, "in", tuple(v)), words, st.lists(words, min_size=1, max_size=3)
    ),
    st.builds(lambda f: Check(f, "missing", ()), words),
)


def composed(leaves):
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(lambda p: All(tuple(p)), st.lists(inner, min_size=2, max_size=3)),
            st.builds(lambda p: Either(tuple(p)), st.lists(inner, min_size=2, max_size=3)),
        ),
        max_leaves=6,
    )


@given(composed(tests))
def test_what_is_written_is_read_as_the_same(condition) -> None:
    assert parse(written(condition)) == condition


@given(st.text(max_size=40))
def test_any_text_is_a_condition_or_a_clear_error(text: str) -> None:
    try:
        condition = parse(text)
    except BadParameter:
        return
    assert parse(written(condition)) == condition


# -- what it finds ---------------------------------------------------------------------------


def test_where_pictures_lie(catalog: Catalog) -> None:
    cats = where(lambda f: "/cats/" in f.path)
    assert ids(catalog, "folder = cats") == cats != where(lambda f: "cat" in f.path)
    assert ids(catalog, "folder = cats/") == ids(catalog, "folder = p/cats or folder = '[x]/cats'")
    assert ids(catalog, "folder = /p/cats") == where(lambda f: f.path.startswith("/p/cats/"))
    assert ids(catalog, "folder = /") == where(lambda f: True)
    assert ids(catalog, "folder = at") == set()
    assert ids(catalog, "folder like 'dogs*'") == where(lambda f: "/dogs 2021/" in f.path)
    assert ids(catalog, "name = IMG_07.png") == where(lambda f: f.path.endswith("/IMG_07.png"))
    assert ids(catalog, "name = 07.png") == set()
    assert ids(catalog, "name like '*.jpg'") == ids(catalog, "path like '*.jpg'")
    assert ids(catalog, "name like '*.jpg'") == where(lambda f: f.path.endswith(".jpg"))
    assert ids(catalog, "name like 'IMG_1?.*'") == where(lambda f: 10 <= f.id < 20)
    assert ids(catalog, "path = summer/IMG_01.png") == where(lambda f: f.id == 1)
    assert ids(catalog, "path = /p/cats/summer/IMG_01.png") == where(lambda f: f.id == 1)
    assert ids(catalog, "path like 'summer/*.png'") == where(
        lambda f: "/summer/" in f.path and f.path.endswith("png")
    )
    assert ids(catalog, "path like '**/summer/*.jpg' or path like '/q/**'") == where(
        lambda f: f.path.startswith("/q") or ("/summer/" in f.path and f.path.endswith("jpg"))
    )
    assert ids(catalog, "path like '/p/*.jpg'") == set()
    assert ids(catalog, "name like '*'") == ids(catalog, "path like '**'") == where(lambda f: True)
    assert ids(catalog, "folder like '*'") == ids(catalog, "folder like '**'") != set()
    assert ids(catalog, "path like '*mm?r/*'") == ids(catalog, "folder = summer")


def test_paths_are_taken_as_the_command_line_takes_them(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/p")
    assert ids(catalog, "folder = ~/cats") == ids(catalog, "folder = /p/x/../cats/")
    here = os.path.relpath("/p/cats")
    assert ids(catalog, f"folder = ./{here}") == ids(catalog, "folder = /p/cats")


def test_dates_are_as_long_as_they_are_exact(catalog: Catalog) -> None:
    assert ids(catalog, "taken = 2021") == where(lambda f: (f.taken or "")[:4] == "2021")
    assert ids(catalog, "taken > 2021") == where(lambda f: (f.taken or "") > "2022")
    assert ids(catalog, "taken <= 2021-02") == where(lambda f: "" < (f.taken or "") < "2021-03")
    assert ids(catalog, "taken = '2021-02-11 10:20:30'") == ids(catalog, "taken = 2021-02-11T10:20")
    assert ids(catalog, "taken < 2021 or taken >= 2021") == where(lambda f: f.taken)
    assert ids(catalog, "modified = 2021-03") == where(
        lambda f: (f.modified.year, f.modified.month) == (2021, 3)
    )
    assert ids(catalog, "modified > 2021") == where(lambda f: f.modified.year > 2021)
    assert ids(catalog, "since in (2021-03, 2021-04-02)") == where(
        lambda f: f.since in ("2021-03-02", "2021-04-02")
    )


def test_sizes_and_formats(catalog: Catalog) -> None:
    assert (
        ids(catalog, "size >= 2 MB")
        == ids(catalog, "bytes >= 2e6")
        == where(lambda f: f.bytes >= 2_000_000)
    )
    assert ids(catalog, "size > 1MiB") == where(lambda f: f.bytes > 2**20)
    assert ids(catalog, "format = jpg") == where(lambda f: f.format == "JPEG")
    assert ids(catalog, "format in (.PNG, 'jpeg 2000')") == where(lambda f: f.format != "JPEG")


def test_what_is_missing_is_neither_more_nor_less(catalog: Catalog) -> None:
    assert ids(catalog, "price < 5") == where(lambda f: f.price is not None and f.price < 5)
    assert ids(catalog, "not price < 5") == where(lambda f: f.price is None or f.price >= 5)
    assert ids(catalog, "brand != nike") == where(lambda f: f.brand and f.brand.lower() != "nike")
    assert ids(catalog, "brand is missing") == where(lambda f: f.brand is None)
    assert ids(catalog, "taken is not missing") == where(lambda f: f.taken)


def test_several_conditions_must_all_hold(catalog: Catalog) -> None:
    both = ids(catalog, "sold = yes or price < 5", "width > 500")
    assert both == ids(catalog, "(sold = true or price < 5) and width > 500") != set()


def test_of_equal_contents_only_the_allowed_files(catalog: Catalog) -> None:
    found = allowed(catalog, ["path = IMG_51.jpg"])
    assert found.contents.tolist() == [1]
    assert (found.has(51), found.has(1)) == (True, False)
    assert allowed(catalog, ["width >= 0"]).files is None
    assert not allowed(catalog, ["width < 0"]).contents.size
    assert 99 not in allowed(catalog, ["folder = cats"]).files


@pytest.mark.parametrize("narrow", [0.0, 1.0])
def test_the_answer_does_not_depend_on_how_it_is_found(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, narrow: float
) -> None:
    monkeypatch.setattr("lookalike.store.where.sql._ALWAYS_NARROW", 0)
    monkeypatch.setattr("lookalike.store.where.sql._NARROW", narrow)
    condition = "price < 5 and brand in (nike, adidas) and folder = /p and taken >= 2020"
    with catalog.snapshot() as db:
        sql = Compiler(Fields(columns_in(db)), db).selection(parse(condition)).sql
    assert ("coalesce" in sql) == (narrow == 0)
    assert ids(catalog, condition) == where(
        lambda f: (
            (f.price or 9) < 5
            and (f.brand or "").lower() in ("nike", "adidas")
            and f.path.startswith("/p/")
            and (f.taken or "") >= "2020"
        )
    )


def test_the_largest_conditions_are_not_too_large_for_sqlite(catalog: Catalog) -> None:
    years = ", ".join(["2021"] * 4000)
    assert ids(catalog, f"taken in ({years})") == ids(catalog, "taken = 2021")
    wide = " or ".join(f"path like 'a{n}*b'" for n in range(2000))
    assert ids(catalog, wide) == set()
    deep = "not (" * 10 + wide + ")" * 10
    assert ids(catalog, deep) == set()
    nested = "price < 5"
    for n in range(12):
        nested = f"width < 0 or ({nested} and width >= {-n})" if n % 2 else f"not ({nested})"
    assert ids(catalog, nested) == where(lambda f: f.price is not None and f.price < 5)


# -- against plain Python --------------------------------------------------------------------

texts = st.sampled_from(
    ["nike", "NIKE", "adidas", "Ünï", "ünï", 'o"x', "m", "", "' OR 1=1 --", "a'); DROP TABLE files"]
)
patterns = st.sampled_from(["n*", "*I*", "?dida?", "[a-n]*", "[!a-n]*", "*", "ni[k", "**"])
dates = st.sampled_from(["2020", "2021", "2021-02", "2021-03-02", "2020-02-11T10:20", "2022-01"])
numbers = st.sampled_from(["0", "5", "7.5", "-3", "12", "300", "800", "1e3", ".5"])
sizes = st.sampled_from(["0", "1MB", "2 MB", "3000 kB", "5e6", "1MiB"])
comparing = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
same = st.sampled_from(["=", "!="])


def about(field: str, operators, values):
    single = st.builds(lambda o, v: Check(Word(field), o, (Word(v),)), operators, values)
    several = st.lists(values.map(Word), min_size=1, max_size=3)
    return single | st.builds(lambda v: Check(Word(field), "in", tuple(v)), several)


typed = st.one_of(
    about("price", comparing, numbers),
    about("width", comparing, numbers),
    about("size", comparing, sizes),
    about("brand", comparing, texts),
    about("brand", st.just("like"), patterns).filter(lambda t: t.operator == "like"),
    about("since", comparing, dates),
    about("taken", comparing, dates),
    about("modified", comparing, dates),
    about("sold", same, st.sampled_from(["true", "false"])),
    about("format", same, st.sampled_from(["jpeg", "PNG", "jpeg 2000"])),
    about("folder", same, st.sampled_from(["cats", "/p/cats", "p/cats/summer", "cat", "[x]"])),
    about("name", same, st.sampled_from(["IMG_01.png", "IMG_02.JPG", "IMG"])),
    st.sampled_from(["price", "brand", "since", "sold", "taken"]).map(
        lambda f: Check(Word(f), "missing", ())
    ),
)


@given(composed(typed))
def test_sqlite_finds_what_plain_python_finds(catalog: Catalog, condition) -> None:
    assert ids(catalog, written(condition)) == where(lambda f: holds(condition, f))


def holds(condition, file: File) -> bool:
    if isinstance(condition, Not):
        return not holds(condition.part, file)
    if isinstance(condition, All):
        return all(holds(part, file) for part in condition.parts)
    if isinstance(condition, Either):
        return any(holds(part, file) for part in condition.parts)
    field, operator = condition.field.text, condition.operator
    value = getattr(file, {"size": "bytes", "folder": "path", "name": "path"}.get(field, field))
    if operator == "missing":
        return value is None
    if value is None:
        return False
    if operator == "in":
        return any(single(field, value, "=", word.text) for word in condition.values)
    return single(field, value, operator, condition.values[0].text)


def single(field: str, value, operator: str, text: str) -> bool:
    if operator == "!=":
        return not single(field, value, "=", text)
    if operator == "like":
        return fnmatch.fnmatchcase(lower(value), lower(text))
    if field == "folder":
        inside = value.rpartition("/")[0] + "/"
        return inside.startswith(text + "/") if text[0] == "/" else f"/{text}/" in inside
    if field == "name":
        return value.rpartition("/")[2] == text
    if field == "format":
        return value.lower() == text.lower()
    if field in ("taken", "since", "modified"):
        return dated(value, operator, text)
    if field == "sold":
        return value == (text == "true")
    other = lower(text) if field == "brand" else measured(text)
    mine = lower(value) if field == "brand" else value
    return {
        "=": mine == other, "<": mine < other, "<=": mine <= other,
        ">": mine > other, ">=": mine >= other,
    }[operator]  # fmt: skip


def lower(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)


def measured(text: str) -> float:
    for unit, factor in {"MiB": 2**20, "MB": 1e6, "kB": 1e3}.items():
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return float(text)


def dated(value, operator: str, text: str) -> bool:
    """Compare as much of a date as was given."""
    whole = value if isinstance(value, str) else value.isoformat()
    mine, other = whole[: len(text)], text.replace(" ", "T")
    if len(mine) < len(other):  # a day is before any time in it
        return {"<": mine <= other[: len(mine)], "<=": mine <= other[: len(mine)]}.get(
            operator, operator in (">", ">=") and mine > other[: len(mine)]
        )
    return {
        "=": mine == other, "<": mine < other, "<=": mine <= other,
        ">": mine > other, ">=": mine >= other,
    }[operator]  # fmt: skip


# -- hostile values --------------------------------------------------------------------------

VOCABULARY = """
    files contents cells path mtime_ns format width height bytes taken value content_id column_id
    file_id id AND OR NOT NULL IS IN LEFT JOIN ON AS instr substr coalesce fits_path fits_text 0
"""
hostile = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["'; DROP TABLE files; --", '" OR 1=1', "?", "%", "x'00'", "\0", "files.path"]),
)


@given(
    st.sampled_from([*FACTS, *COLUMNS]),
    st.sampled_from(["=", "!=", "<", ">=", "like", "in"]),
    hostile,
)
def test_no_value_gets_into_the_text_of_the_sql(
    catalog: Catalog, field: str, operator: str, value: str
) -> None:
    condition = Check(Word(field), operator, (Word(value),))
    with catalog.snapshot() as db:
        register(db)
        try:
            found = Compiler(Fields(columns_in(db)), db).selection(condition)
        except UsageError:
            return
        db.execute(f"SELECT count(*) FROM {found.source} WHERE {found.sql}", found.values)
    text = f"{found.source} {found.sql}"
    spoken = set(re.findall(r"\w+", text))
    assert {w for w in spoken if not re.fullmatch(r"c\d", w)} <= set(VOCABULARY.split())
    assert not set(text) & set("'\";\\`[]%")
    assert text.count("?") == len(found.values)


# -- patterns --------------------------------------------------------------------------------


def test_patterns_of_paths() -> None:
    def fits(pattern: str, path: str) -> bool:
        found = expression(pattern, "/").fullmatch(path) is not None
        assert not found or literal(pattern) in path
        return found

    assert fits("/a/*.jpg", "/a/b.jpg") and not fits("/a/*.jpg", "/a/b/c.jpg")
    assert fits("/a/**/b.jpg", "/a/b.jpg") and fits("/a/**/b.jpg", "/a/x/y/b.jpg")
    assert not fits("/a/**/b.jpg", "/a/xb.jpg")
    assert fits("**/x/**/y/**", "/a/x/b/c/y/d") and not fits("**/x/**/y/**", "/a/y/b/x/d")
    assert fits("**/[ab]?[!c-e].png", "/q/axf.png") and not fits("**/[ab]?[!c-e].png", "/q/axd.png")
    assert not fits("**/a?c", "/a/c") and not fits("**/a[!b]c", "/a/c")
    assert fits("**/[[]x[]]", "/[x]") and fits("**/[]-a]", "/]") and fits("**/a[b", "/a[b")
    assert not fits("**/[z-a]", "/m") and fits("**/[!z-a]", "/m")
    assert fits("**/a.b", "/a.b") and not fits("**/a.b", "/axb")
    assert fits("**/*", "/a\nb/c\n")


@given(st.text("ab*?[]!-", max_size=8), st.text("abc", max_size=8))
def test_patterns_of_text_are_those_of_the_standard_library(pattern: str, text: str) -> None:
    found = expression(pattern).fullmatch(text) is not None
    standard = re.compile(fnmatch.translate(pattern), re.IGNORECASE | re.ASCII)
    assert found == (standard.fullmatch(text) is not None)


@given(st.text("ab*/", max_size=10), st.text("ab/", max_size=10))
def test_patterns_of_paths_part_by_part(pattern: str, path: str) -> None:
    def fits(patterns: list[str], parts: list[str]) -> bool:
        if not patterns:
            return not parts
        if patterns[0] == "**":
            if len(patterns) == 1:  # at the end it stands for all that is below a folder
                return bool(parts)
            return any(fits(patterns[1:], parts[n:]) for n in range(len(parts)))
        return (
            bool(parts)
            and fnmatch.fnmatchcase(parts[0], patterns[0])
            and fits(patterns[1:], parts[1:])
        )

    found = expression(pattern, "/").fullmatch(path) is not None
    assert found == fits(pattern.split("/"), path.split("/"))


def test_a_pattern_of_many_stars_does_not_hold_a_search_up() -> None:
    # Each of these would take longer than the age of the world, tried one way after the other.
    assert not expression("*a" * 40 + "b").fullmatch("a" * 250)
    assert not expression("**/" + "*a" * 40 + "b", "/").fullmatch("/" + "a" * 250)
    assert not expression("**/" + "a/**/" * 40 + "b", "/").fullmatch("/" + "a/" * 500 + "c")
