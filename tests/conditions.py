"""Files and conditions of all kinds, and what SQLite says to them: what Milvus must say as well."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lookalike.errors import BadParameter
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import FileRow, file_row
from lookalike.gallery.milvus.link.address import parsed
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.gallery.milvus.link.text import id_of
from lookalike.gallery.milvus.search.where import FIELDS, selection
from lookalike.store import Catalog
from lookalike.store.columns import Column
from lookalike.store.where import allowed, written
from lookalike.store.where.syntax import All, Check, Condition, Either, Not, Operator, Word

COLUMNS = (
    Column(1, "Price", "number"),
    Column(2, "brand", "text"),
    Column(3, "sold", "flag"),
    Column(4, "made", "date"),
    Column(5, 'größe "x"', "number"),
)


NAMES = ["a", "A b", "IMG_1", "IMG%2", "Größe", 'q"s', "c[1]", "x\\y", "new\nline", "50%_", "é~"]
SUFFIXES = [".jpg", ".JPG", ".png", ""]
ODD = os.fsdecode(b"\xff\xfe")
TEXTS = ["acme", "Acme", "ÄCME", 'a"b', "a\\b", "x y", "new\nline", "%", "z", "0"]
DATES = ["2021-05-01", "2021-05-01T12:30:00", "2022-01-01", "1999-12-31T23:59:59"]
NUMBERS = [0, 1, 5, 5.0, 5.5, -3, 1e-7, 800, 2**53 + 1, 2**60, -2.5e20]


@st.composite
def rows(draw: st.DrawFn) -> list[FileRow]:
    part = st.sampled_from([*NAMES, ODD])
    starts = st.sampled_from(["/", "/home/ada/", "s3://shop/", "/cats/"])
    files: dict[str, FileRow] = {}
    for number in range(draw(st.integers(1, 8))):
        folders = "".join(f"{one}/" for one in draw(st.lists(part, max_size=3)))
        path = draw(starts) + folders + draw(part) + draw(st.sampled_from(SUFFIXES))
        columns = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "price": st.sampled_from(NUMBERS),
                    "brand": st.sampled_from(TEXTS),
                    "sold": st.booleans(),
                    "made": st.sampled_from(DATES),
                    'grösse "x"': st.sampled_from(NUMBERS),
                },
            )
        )
        files[path] = FileRow(
            path,
            id_of(path),
            mtime_ns=draw(st.sampled_from([0, 1, 1_620_000_000 * 10**9, 1_650_000_000 * 10**9])),
            sha256=hashlib.sha256(b"%d" % number).digest(),
            format=draw(st.sampled_from(["JPEG", "PNG", "GIF"])),
            width=draw(st.sampled_from([1, 5, 800])),
            height=draw(st.sampled_from([1, 5, 800])),
            bytes=draw(st.sampled_from([1, 2000, 2_000_000])),
            taken=draw(st.sampled_from(["", *DATES])),
            columns=columns,
        )
    return list(files.values())


def checks_of(
    names: Sequence[str], operators: Sequence[Operator], values: SearchStrategy[str]
) -> SearchStrategy[Condition]:
    words = values.map(Word)
    fields = st.sampled_from(names).map(Word)
    lists = st.lists(words, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Check, fields, st.sampled_from(operators), words.map(lambda word: (word,))),
        st.builds(Check, fields, st.just("in"), lists),
    )


SAME: list[Operator] = ["=", "!="]
ORDERED: list[Operator] = [*SAME, "<", "<=", ">", ">="]
PIECES = st.sampled_from([*NAMES, ODD, "*", "?", "**", "[a-z]", "[!a]", "IMG_*", "*1*", "/"])
PATTERNS = st.lists(PIECES, min_size=1, max_size=3).map("".join)
PATHS = st.one_of(
    st.sampled_from(["/home/ada", "/", "/home/ada/a", "s3://shop", "s3://shop/a", "a/A b", "shop"]),
    st.lists(st.sampled_from([*NAMES, ODD]), min_size=1, max_size=3).map("/".join),
)
FILES = st.builds("{}{}".format, st.sampled_from([*NAMES, ODD]), st.sampled_from(SUFFIXES))
CONDITIONS: SearchStrategy[Condition] = st.recursive(
    st.one_of(
        checks_of(["width", "height", "bytes", "price", 'größe "x"', "PRICE"], ORDERED,
                 st.sampled_from([*map(str, NUMBERS), "800.5", "1e400", "-1e400"])),
        checks_of(["taken", "modified", "made"], ORDERED,
                 st.sampled_from(["2021", "2021-05", "2021-05-01", "2021-05-01 12:30", "2022"])),
        checks_of(["format"], SAME, st.sampled_from(["jpg", "png", "GIF"])),
        checks_of(["brand"], [*ORDERED, "like"], st.sampled_from([*TEXTS, "a*", "?cme", "B"])),
        checks_of(["sold"], SAME, st.sampled_from(["true", "no"])),
        checks_of(["name"], SAME, FILES),
        checks_of(["name"], ["like"], PATTERNS.filter(lambda pattern: "/" not in pattern)),
        checks_of(["path"], SAME, st.builds("{}/{}".format, PATHS, FILES)),
        checks_of(["path", "folder"], SAME, PATHS),
        checks_of(["path", "folder"], ["like"],
                 st.builds("{}{}".format, st.sampled_from(["", "/", "/home/", "s3://shop/"]),
                           PATTERNS).filter(lambda one: one.strip("/"))),
        st.builds(lambda name: Check(Word(name), "missing", ()),
                  st.sampled_from(["taken", "price", "brand", "sold", "made"])),
    ),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Either, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=4,
)  # fmt: skip


class Stocked:
    """A gallery in Milvus, and a catalog: the same files are put into both."""

    def __init__(self, where: str, folder: Path) -> None:
        self.kept = Kept(Engine(parsed(where)), create=True)
        self.kept.enter_columns(COLUMNS)
        self.kept.enter_folder("/home/ada")
        self.engine = self.kept.engine
        self.catalog = Catalog(folder, create=True)
        self.hiding = Catalog(folder, hides_paths=True)
        with self.catalog.transaction() as db:
            db.execute("INSERT INTO folders VALUES (?)", (b"/home/ada",))
            db.executemany(
                "INSERT INTO columns VALUES (?, ?, ?)", map(dataclasses.astuple, COLUMNS)
            )

    def put(self, files: Sequence[FileRow]) -> None:
        present = self.engine.query(self.kept.files, "width >= 0", ["path"], strong=True)
        self.engine.delete(self.kept.files, [row["path"] for row in present])
        self.engine.upsert(self.kept.files, [file.as_row() for file in files])
        # A server that has shown its latest writes once need not be waited for at each question.
        assert self.engine.count(self.kept.files, strong=True) == len(files)
        ids = {column.name.casefold(): column.id for column in COLUMNS}
        with self.catalog.transaction() as db:
            for table in ("cells", "files", "contents"):
                db.execute(f"DELETE FROM {table}")
            for f in files:
                facts = (f.id, f.sha256, f.bytes, f.format, f.width, f.height, f.taken or None)
                db.execute("INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?)", facts)
                db.execute(
                    "INSERT INTO files (id, path, size, mtime_ns, content_id) "
                    "VALUES (?, ?, 0, ?, ?)",
                    (f.id, os.fsencode(f.path), f.mtime_ns, f.id),
                )
                cells = [(f.id, ids[name], value) for name, value in f.columns.items()]
                db.executemany("INSERT INTO cells VALUES (?, ?, ?)", cells)

    def check(self, conditions: Sequence[str], hides_paths: bool) -> None:
        catalog = self.hiding if hides_paths else self.catalog
        wanted = set(allowed(catalog, conditions).contents.tolist())
        chosen = selection(self.kept, conditions, hides_paths)
        expression = chosen.expression or "width >= 0"
        found = self.engine.query(self.kept.files, expression, FIELDS, hurried=True)
        let_through = {int(row["id"]) for row in found}
        assert let_through >= wanted, chosen.expression
        if chosen.is_exact:
            assert let_through == wanted, chosen.expression
        assert {row.id for row in chosen.passing(list(map(file_row, found)))} == wanted

    def close(self) -> None:
        for collection in self.engine.collections():
            if collection.startswith(f"{self.engine.address.name}__"):
                self.engine.drop(collection)
        self.engine.close()
        self.catalog.close()
        self.hiding.close()


def checked(stocked: Stocked, files: list[FileRow], asked: list[Condition], hides: bool) -> None:
    """Check several conditions on the same files, as these take longer to be put there."""
    stocked.put(files)
    for text in map(written, asked):
        stocked.check([text], hides_paths=False)
        if hides:
            try:
                stocked.check([text], hides_paths=True)
            except BadParameter as error:
                assert "paths are told here" in str(error)
