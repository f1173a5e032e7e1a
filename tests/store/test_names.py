"""Whatever somebody calls a picture, its file's name is safe."""

from __future__ import annotations

import unicodedata
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.images.formats import FORMATS
from lookalike.store.names import numbered, safe_name

JPEG, PNG = FORMATS[:2]

DEVICES = [f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"]
RESERVED = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", *DEVICES}


@pytest.mark.parametrize(
    ("given_name", "wanted"),
    [
        ("cat.jpg", "cat.jpg"),
        ("cat.JPEG", "cat.jpeg"),
        ("cat.png", "cat.jpg"),
        ("cat", "cat.jpg"),
        ("v1.2", "v1.2.jpg"),
        ("cat.jpg.exe", "cat.jpg.exe.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\ada\\cat.jpg", "cat.jpg"),
        ("cat.jpg:stream", "cat.jpg_stream.jpg"),
        ("..", "fallback.jpg"),
        ("", "fallback.jpg"),
        ("/", "fallback.jpg"),
        (".htaccess", "htaccess.jpg"),
        (".jpg", "fallback.jpg"),
        ("-rf.jpg", "rf.jpg"),
        ("CON", "_CON.jpg"),
        ("con.jpg", "_con.jpg"),
        ("aux .x.jpg", "_aux .x.jpg"),
        ("COM¹.jpg", "_COM¹.jpg"),
        ("console.jpg", "console.jpg"),
        ("cat\0.jpg", "cat.jpg"),
        ("a\r\nSet-Cookie: x.jpg", "aSet-Cookie_ x.jpg"),
        ("a\u202egpj.exe", "agpj.exe.jpg"),
        ("caf\u0065\u0301.jpg", "caf\u00e9.jpg"),
        ("cat\udcff.jpg", "cat.jpg"),
        ("  cat  .jpg. . ", "cat.jpg"),
        ('<img src=x onerror="alert(1)">.jpg', "_img src=x onerror=_alert(1)__.jpg"),
        ("猫.jpg", "猫.jpg"),
    ],
)
def test_a_safe_name_for_a_jpeg(given_name: str, wanted: str) -> None:
    assert safe_name(given_name, JPEG, "fallback") == wanted


@given(st.text(max_size=400) | st.text("./\\:~- \0\u202eCONaux1.jpgJPG", max_size=40))
def test_whatever_it_is_called(given_name: str) -> None:
    for format in (JPEG, PNG):
        safe = safe_name(given_name, format, "fallback")
        stem, suffix = PurePath(safe).stem, PurePath(safe).suffix
        assert suffix in format.suffixes
        assert stem
        assert len(safe.encode()) <= 160
        assert safe[0] not in ".-~ "
        assert stem[-1] not in ". "
        assert not set(safe) & set('/\\<>:"|?*\0')
        assert safe.isprintable()
        assert unicodedata.is_normalized("NFC", safe)
        assert safe.partition(".")[0].rstrip().upper() not in RESERVED
        assert safe_name(safe, format, "fallback") == safe


@given(name=st.text(max_size=300))
def test_a_file_can_be_called_that(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "named"
    folder.mkdir(exist_ok=True)
    file = folder / safe_name(name, JPEG, "fallback")
    file.write_bytes(b"x")
    assert [one.name for one in folder.iterdir()] == [file.name]
    file.unlink()


def test_a_number_stands_before_the_suffix() -> None:
    assert numbered("v1.2.jpg", 3) == "v1.2-3.jpg"
