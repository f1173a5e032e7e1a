"""Columns that a person adds: entered whole or not at all, and kept with their pictures."""

from __future__ import annotations

import datetime
import math
import os
import shutil
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike import Gallery
from lookalike.errors import BadParameter, GalleryBusy, NotIndexed, UnknownName, UsageError
from lookalike.store.columns import ColumnInfo
from lookalike.store.kinds import kept
from lookalike.store.table_files import opened


@pytest.fixture
def filled(gallery: Gallery, folder: Path) -> Gallery:
    gallery.sync(folder, descriptors=["pixels"])
    return gallery


def values(gallery: Gallery, column: str) -> dict[str, object]:
    """Return the values of a column by the names of the files."""
    rows = gallery._catalog.rows(
        "SELECT path, value FROM cells JOIN files ON files.id = file_id "
        "JOIN columns ON columns.id = column_id WHERE name = ?",
        (column,),
    )
    return {Path(os.fsdecode(path)).name: value for path, value in rows}


def table(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "table.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


# -- from Python -----------------------------------------------------------------------------


def test_values_of_every_kind(filled: Gallery) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    report = filled.set_columns(
        {
            "a0.png": {
                "price": 3,
                "brand": "Nike",
                "since": datetime.date(2021, 5, 1),
                "new": True,
            },
            "a1.png": {"price": Decimal("2.5"), "since": datetime.datetime(2021, 5, 1, 12, 30)},
            "a2.png": {"price": np.float32(0.5), "new": np.bool_(False), "brand": None},
            "b0.jpg": {"price": math.nan, "since": datetime.datetime(2021, 5, 1, 1, tzinfo=zone)},
        }
    )
    assert (report.rows, report.matched, report.unmatched) == (4, 4, [])
    assert report.values == {"price": 3, "brand": 1, "since": 3, "new": 2}
    assert values(filled, "price") == {"a0.png": 3, "a1.png": 2.5, "a2.png": 0.5}
    assert values(filled, "since") == {
        "a0.png": "2021-05-01",
        "a1.png": "2021-05-01T12:30:00",
        "b0.jpg": "2021-04-30T23:00:00",
    }
    assert filled.columns() == [
        ColumnInfo("price", "number", 3, (0.5, 3)),
        ColumnInfo("brand", "text", 1, ("Nike",)),
        ColumnInfo("since", "date", 3, ("2021-04-30T23:00:00", "2021-05-01T12:30:00")),
        ColumnInfo("new", "flag", 2, (False, True)),
    ]


def test_pictures_by_id_and_by_path(filled: Gallery, folder: Path) -> None:
    identity = filled.search(folder / "a1.png")[0].id
    report = filled.set_columns(
        {
            folder / "a0.png": {"n": 1},
            "deeper/b0.jpg": {"n": 2},
            "b1": {"n": 3},
            f"{folder.name}/a2.png": {"n": 4},
            identity: {"n": 5},
            "nowhere.png": {"n": 6},
            10**30: {"n": 7},
        }
    )
    assert report.matched == 5
    assert [(u.row, u.key, u.why) for u in report.unmatched] == [
        (6, "nowhere.png", "no picture is called that"),
        (7, str(10**30), "there is no picture of that id"),
    ]
    assert set(values(filled, "n")) >= {"a0.png", "b0.jpg", "b1.jpg", "a2.png"}


def test_a_value_is_replaced_and_taken_away_and_others_stay(filled: Gallery) -> None:
    filled.set_columns({"a0.png": {"price": 1, "brand": "x"}, "a1.png": {"price": 2}})
    filled.set_columns({"a0.png": {"PRICE": 5}, "a1.png": {"PRICE": None}})
    assert values(filled, "price") == {"a0.png": 5}
    assert values(filled, "brand") == {"a0.png": "x"}
    assert len(filled.columns()) == 2


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"price": "cheap"}, "'cheap' does not fit: here are numbers"),
        ({"price": True}, "True does not fit"),
        ({"price": math.inf}, "no number that can be kept"),
        ({"other": object()}, "a object can be no value"),
        ({"other": b"x"}, "a bytes can be no value"),
        ({"other": "a\0b"}, "zero byte"),
        ({"other": "\ud800"}, "no proper text"),
        ({"width": 3}, "'width' is what every picture has"),
        ({"Folder": 3}, "'Folder' is what every picture has"),
        ({"and": 3}, "no column can be called 'and'"),
        ({"a\nb": 3}, "no column can be called"),
        ({"": 3}, "no column can be called ''"),
        ({"x" * 101: 3}, "no column can be called"),
        ({"x": 1, "X": 2}, "two columns would be called 'X'"),
    ],
)
def test_what_cannot_be_entered_changes_nothing(filled: Gallery, cells, said: str) -> None:
    filled.set_columns({"a0.png": {"price": 1}})
    with pytest.raises(BadParameter, match=said):
        filled.set_columns({"a1.png": {"price": 7}, "a2.png": cells})
    assert values(filled, "price") == {"a0.png": 1}
    assert len(filled.columns()) == 1


def test_one_kind_of_values_to_a_column(filled: Gallery) -> None:
    with pytest.raises(BadParameter, match="row 2, price: 'x' does not fit, as before there were"):
        filled.set_columns({"a0.png": {"price": 1}, "a1.png": {"price": "x"}})
    assert filled.columns() == []


def test_nothing_that_matches_is_an_error(filled: Gallery) -> None:
    with pytest.raises(NotIndexed, match="none of the 2 rows of these rows .* row 1, 'x.png': no"):
        filled.set_columns({"x.png": {"price": 1}, "y.png": {"price": 1}})
    assert filled.columns() == []
    assert filled.set_columns({}).rows == 0


def test_columns_are_removed_all_or_none(filled: Gallery) -> None:
    filled.set_columns({"a0.png": {"price": 1, "brand": "x", "size_eu": 42}})
    with pytest.raises(UnknownName, match="did you mean 'price'"):
        filled.remove_columns("brand", "prize")
    assert len(filled.columns()) == 3
    filled.remove_columns("Brand", "price")
    assert [column.name for column in filled.columns()] == ["size_eu"]
    with pytest.raises(UnknownName, match="brand"):
        filled.search(np.zeros((9, 9, 3), np.uint8), where="brand = x")


def test_one_writes_at_a_time(filled: Gallery) -> None:
    with Gallery.open(filled.path) as other, other._catalog.writing(), pytest.raises(GalleryBusy):
        filled.set_columns({"a0.png": {"price": 1}})


# -- values stay with their pictures ---------------------------------------------------------


def test_values_stay_when_a_file_changes_or_is_renamed(filled: Gallery, folder: Path, draw) -> None:
    filled.set_columns({f"a{n}.png": {"n": n} for n in range(3)})
    draw(folder / "a0.png", 77)
    (folder / "a1.png").rename(folder / "renamed.png")
    (folder / "new").mkdir()
    (folder / "a2.png").rename(folder / "new" / "a2.png")
    filled.sync()
    assert values(filled, "n") == {"a0.png": 0, "renamed.png": 1, "a2.png": 2}


def test_values_stay_when_the_folder_is_renamed(filled: Gallery, folder: Path) -> None:
    filled.set_columns({"a0.png": {"n": 1}})
    filled.sync(folder.rename(folder.with_name("renamed")))
    assert values(filled, "n") == {"a0.png": 1}


def test_values_wait_for_a_file_that_comes_back(
    filled: Gallery, folder: Path, tmp_path: Path
) -> None:
    filled.set_columns({"a0.png": {"n": 1, "brand": "x"}})
    (folder / "a0.png").rename(tmp_path / "elsewhere.png")
    filled.sync()
    assert values(filled, "n") == {}
    (tmp_path / "elsewhere.png").rename(folder / "back.png")
    filled.sync()
    assert values(filled, "n") == {"back.png": 1}
    assert values(filled, "brand") == {"back.png": "x"}
    assert not filled._catalog.rows("SELECT * FROM laid_aside")


def test_values_move_also_if_the_new_place_is_indexed_later_or_before(
    filled: Gallery, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    filled.set_columns({"a0.png": {"n": 0}, "a1.png": {"n": 1}})
    for name in ("a0.png", "a1.png"):
        shutil.copy2(folder / name, tmp_path / "other" / name)
    (folder / "a0.png").unlink()
    filled.sync(folder)
    filled.sync(tmp_path / "other")
    (folder / "a1.png").unlink()
    filled.sync(folder)
    assert values(filled, "n") == {"a0.png": 0, "a1.png": 1}


def test_of_equal_files_each_keeps_its_own_values(filled: Gallery, folder: Path) -> None:
    for name in ("one.png", "two.png", "x.png"):
        shutil.copy(folder / "a0.png", folder / "deeper" / name)
    filled.sync()
    filled.set_columns({"one.png": {"n": 1}, "two.png": {"n": 2}, "a0.png": {"n": 3}})
    (folder / "moved").mkdir()
    for name in ("two.png", "one.png"):
        (folder / "deeper" / name).rename(folder / "moved" / name)
    filled.sync()
    assert values(filled, "n") == {"one.png": 1, "two.png": 2, "a0.png": 3}


def test_what_a_person_takes_out_has_no_values_any_more(filled: Gallery, folder: Path) -> None:
    filled.set_columns({"a0.png": {"n": 1}})
    filled.remove(folder / "a0.png")
    filled.sync(folder / "a0.png")
    assert values(filled, "n") == {}


def test_an_unplugged_drive_loses_nothing(filled: Gallery, folder: Path, tmp_path: Path) -> None:
    filled.set_columns({"a0.png": {"n": 1}})
    folder.rename(tmp_path / "unplugged")
    folder.mkdir()
    filled.sync()
    assert values(filled, "n") == {"a0.png": 1}


# -- from files ------------------------------------------------------------------------------


def test_what_a_csv_holds_is_found_out(filled: Gallery, tmp_path: Path) -> None:
    file = table(
        tmp_path,
        "path,price,code,since,sold,brand,note,empty\n"
        'a0.png,3.50,007,2021-05-01,yes,"Fair, trade",,\n'
        "a1.png,NA,012,2021-05-01T10:00Z,no,nan,n/a,\n"
        "\n"
        "a2.png,-2,100,,TRUE,,-,\n",
    )
    report = filled.import_columns(file)
    assert (report.rows, report.matched) == (3, 3)
    assert report.kinds == {
        "price": "number", "code": "text", "since": "date", "sold": "flag", "brand": "text",
        "note": "text",
    }  # fmt: skip
    assert values(filled, "price") == {"a0.png": 3.5, "a2.png": -2}
    assert values(filled, "code") == {"a0.png": "007", "a1.png": "012", "a2.png": "100"}
    assert values(filled, "since") == {"a0.png": "2021-05-01", "a1.png": "2021-05-01T10:00:00"}
    assert values(filled, "sold") == {"a0.png": 1, "a1.png": 0, "a2.png": 1}
    assert values(filled, "brand") == {"a0.png": "Fair, trade", "a1.png": "nan"}


def test_rows_that_match_nothing_or_too_much_are_told(
    filled: Gallery, folder: Path, tmp_path: Path
) -> None:
    shutil.copy(folder / "a0.png", folder / "b0.jpg")
    filled.sync()
    file = table(
        tmp_path,
        f"file;n\na1;1\n;2\nb0;3\n{folder}/a9.png;4\n{folder}/a0.png;5\nA1.png;6\na1.png;7\n",
    )
    report = filled.import_columns(file, key="file")
    assert (report.rows, report.matched, report.repeated) == (7, 3, 1)
    assert [(u.row, u.why) for u in report.unmatched] == [
        (3, "it is empty"),
        (4, "2 pictures are called that; give more of their paths"),
        (5, "no picture is called that"),
        (7, "no picture is called that"),
    ]
    assert values(filled, "n") == {"a0.png": 5, "a1.png": 7}


def test_names_from_other_systems(filled: Gallery, tmp_path: Path, folder: Path, draw) -> None:
    draw(folder / "e\u0301te\u0301.png", 50)  # as macOS writes it
    filled.sync()
    file = table(tmp_path, "path,n\n\u00e9t\u00e9.png,1\ndeeper\\b0.jpg,2\n./deeper/b1.jpg,3\n")
    assert filled.import_columns(file).matched == 3


def test_columns_are_renamed_and_skipped(filled: Gallery, tmp_path: Path) -> None:
    file = table(tmp_path, ",path,size,name,brand\n0,a0.png,42,x,y\n")
    with pytest.raises(BadParameter, match="--rename size=my_size"):
        filled.import_columns(file)
    report = filled.import_columns(file, rename={"size": "shoe size"}, skip=["name"])
    assert report.values == {"shoe size": 1, "brand": 1}
    found = filled.search(np.zeros((9, 9, 3), np.uint8), where='"shoe size" = 42')
    assert [Path(m.path).name for m in found] == ["a0.png"]
    with pytest.raises(UnknownName, match="did you mean 'size'"):
        filled.import_columns(file, rename={"sise": "x"})
    with pytest.raises(UnknownName, match="did you mean 'name'"):
        filled.import_columns(file, skip=["nam"])
    with pytest.raises(BadParameter, match="no column 'file'; .*--key; it has path, size"):
        filled.import_columns(file, key="file")
    with pytest.raises(BadParameter, match="nothing to enter"):
        filled.import_columns(file, skip=["size", "name", "brand"])


def test_a_later_table_must_fit(filled: Gallery, tmp_path: Path) -> None:
    filled.import_columns(table(tmp_path, "path,price,code\na0.png,1,x1\n"))
    filled.import_columns(table(tmp_path, "path,price,code\na0.png,,12\na1.png,2,13\n"))
    assert values(filled, "price") == {"a1.png": 2}
    assert values(filled, "code") == {"a0.png": "12", "a1.png": "13"}
    file = table(tmp_path, "path,price\na0.png,5\na1.png,cheap\n")
    with pytest.raises(
        BadParameter, match="row 3, price: 'cheap' does not fit: here are numbers; .*columns remove"
    ):
        filled.import_columns(file)
    assert values(filled, "price") == {"a1.png": 2}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"path,n\na0.png,1\xe9\n", "this is not utf-8 .*--encoding cp1252"),
        (b"path,n\na0.png,1\0\n", "line 2, has a zero byte"),
        (b"\xff\xfep\0a\0t\0h", "no column 'path'|not utf-16|nothing to enter"),
        (b"path,n,N\na0.png,1,2\n", "two columns named 'n'"),
        (b"path,n\na0.png,1,2\n", "line 2: 3 fields, and the first line names 2"),
        (b"path,n\na0.png\n", "line 2: 1 fields"),
        (b'path,n\na0.png,"open\n' + b"a1.png,2\n" * 30_000, "field larger|quote not closed"),
        (b'path,n\na0.png,"a"b\n', "line 2: .*quote"),
        (b"path,n\na0.png," + b"9" * 200_000 + b"\n", "line 2: field larger"),
        (b"path," + b"x" * 11_000_000, "line 1, has no end: this is no CSV"),
        (b"path,n\rice,m\na0.png,1,2\n", "fields|no column can be called"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not utf-8|zero byte"),
    ],
    ids=range(14),
)
def test_what_is_no_table_is_told_and_changes_nothing(
    filled: Gallery, tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(UsageError, match=said) as found:
        filled.import_columns(table(tmp_path, content))
    assert "\n" not in str(found.value)
    assert filled.columns() == []


def test_files_that_are_not_there(filled: Gallery, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="No such file"):
        filled.import_columns(tmp_path / "none.csv")
    with pytest.raises(BadParameter, match="directory"):
        filled.import_columns(tmp_path)
    with pytest.raises(BadParameter, match="no encoding 'klingon'"):
        filled.import_columns(table(tmp_path, "path,n\n"), encoding="klingon")


@pytest.mark.parametrize(
    ("encoding", "mark"), [("utf-8-sig", ""), ("utf-16", ""), ("cp1252", "cp1252")]
)
def test_encodings(filled: Gallery, tmp_path: Path, encoding: str, mark: str) -> None:
    file = table(tmp_path, "path\tbrand\na0.png\tFjällräven\n".encode(encoding))
    filled.import_columns(file, encoding=mark or "utf-8")
    assert values(filled, "brand") == {"a0.png": "Fjällräven"}


@given(st.binary(max_size=60))
def test_any_bytes_are_a_table_or_a_clear_error(tmp_path_factory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(data)
    try:
        found = opened(file)
        rows = list(found.rows())
    except BadParameter:
        return
    assert all(len(row) == len(found.names) for _, row in rows)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("number", "12", 12),
        ("number", "-0.5", -0.5),
        ("number", "1e3", 1000.0),
        ("number", " 7 ", 7),
        ("number", "N/A", None),
        ("date", "2021-05-01 10:20", "2021-05-01T10:20:00"),
        ("date", "2021-05-01T10:20:30.123+02:00", "2021-05-01T08:20:30"),
        ("flag", "No", 0),
        ("text", "", None),
        ("text", "NA", "NA"),
    ],
)
def test_texts_are_read_as_what_they_mean(kind, text: str, value: object) -> None:
    assert kept(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "007"),
        ("number", "1,5"),
        ("number", "1_000"),
        ("number", "١٢"),
        ("number", "inf"),
        ("number", "12345678901234567890"),
        ("number", "1e999"),
        ("date", "2021-02-30"),
        ("date", "01.05.2021"),
        ("date", "2021-05"),
        ("flag", "1"),
    ],
)
def test_texts_that_only_look_alike(kind, text: str) -> None:
    with pytest.raises(ValueError, match="does not fit|day is out of range"):
        kept(kind, text)


def test_parquet(filled: Gallery, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    file = tmp_path / "table.parquet"
    columns = {
        "path": ["a0.png", "a1.png", None],
        "price": pyarrow.array([Decimal("2.50"), None, Decimal("3.00")]),
        "since": [datetime.date(2021, 5, 1), datetime.date(2022, 5, 1), None],
        "sold": [True, False, None],
        "code": ["7", "8", "9"],
    }
    parquet.write_table(pyarrow.table(columns), file)
    report = filled.import_columns(file)
    assert (report.rows, report.matched) == (3, 2)
    assert report.kinds == {"price": "number", "since": "date", "sold": "flag", "code": "text"}
    assert values(filled, "price") == {"a0.png": 2.5}
    assert values(filled, "code") == {"a0.png": "7", "a1.png": "8"}
    file.write_bytes(b"PAR1 nothing of the kind")
    with pytest.raises(BadParameter, match="cannot read"):
        filled.import_columns(file)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_in_the_middle_nothing_is_entered(filled: Gallery, tmp_path: Path) -> None:
    filled.set_columns({"a0.png": {"n": 1}})
    code = (
        "import sys, time\n"
        "from lookalike import Gallery\n"
        "from lookalike.store import filling\n"
        "write = filling._Filling._write\n"
        "def slowly(self):\n"
        "    write(self); print('written', flush=True); time.sleep(60)\n"
        "filling._Filling._write = slowly\n"
        "Gallery.open(sys.argv[1]).set_columns({'a0.png': {'n': 2, 'm': 3}})\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(filled.path)], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
    assert values(filled, "n") == {"a0.png": 1}
    assert [column.name for column in filled.columns()] == ["n"]
    filled.set_columns({"a0.png": {"n": 3}})
