"""What a person calls a place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import UsageError
from lookalike.places import is_url, parents, placed, separator


@pytest.mark.parametrize(
    "address",
    ["s3://b/p", "gs://b", "https://h/p", "http://h:80/p", "memory://a", "S3://b", "s3://b/ü ?#%"],
)
def test_addresses(address: str) -> None:
    assert is_url(address)


@pytest.mark.parametrize(
    "path",
    [
        "C:\\cats",
        "C:/cats",
        "a:b.jpg",
        "file.with:colon",
        "s3:/b/p",
        "/mnt/s3://b",
        "./s3://b",
        "file:///a",
        "ftp://h/a",
        "milvus://h:19530",
        "milvus+http://h:19530/shop",
        "http:cat.jpg",
        "",
    ],
)
def test_paths_of_this_machine(path: str) -> None:
    assert not is_url(path)


def test_a_path_is_absolute_and_normalised(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert placed("a/../b") == placed(Path("b")) == str(tmp_path / "b")
    if os.name == "posix":
        assert placed("~/b") == str(tmp_path / "b")
    assert placed("a:b.jpg") == str(tmp_path / "a:b.jpg")


def test_an_address_is_kept_but_for_a_slash_at_its_end() -> None:
    assert placed("s3://b/p//") == "s3://b/p"
    assert placed("S3://b/P/ü%20 a?b#c.jpg") == "s3://b/P/ü%20 a?b#c.jpg"
    assert placed("https://h/a%20b/") == "https://h/a%20b"
    assert placed("s3://b//p") == "s3://b//p"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://ada:secret@h/p", "holds a name or password"),
        ("s3://key:secret@bucket/p", "holds a name or password"),
        ("s3://bucket/a/../b", "leads upwards"),
        ("https://h/a/%2e%2E/b", "leads upwards"),
        ("s3://", "names no bucket"),
        ("https:///p", "names no host"),
        ("https://h/p?token=abc", "below that"),
    ],
)
def test_what_is_refused(address: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as refused:
        placed(address)
    assert "secret" not in str(refused.value)
    assert "abc" not in str(refused.value)


def test_what_lies_above() -> None:
    assert parents("s3://b/x/y.jpg") == ["s3://b/x", "s3://b"]
    assert parents("https://h:80/x") == ["https://h:80"]
    assert parents("s3://b") == []
    here = Path("/a/b/c.jpg").absolute()
    assert parents(str(here)) == [str(above) for above in here.parents]
    assert (separator("s3://b"), separator(str(here))) == ("/", os.sep)


@given(st.text(min_size=1))
def test_whatever_the_key_it_stays_below_its_bucket(key: str) -> None:
    try:
        address = placed(f"s3://bucket/{key}")
    except UsageError:
        assert ".." in key.split("/")
        return
    assert address == f"s3://bucket/{key}".rstrip("/")
    if address != "s3://bucket":
        assert parents(address)[-1] == "s3://bucket"
