"""Marks in Milvus are known by what was judged, and survive everything but being forgotten."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lookalike import describe
from lookalike.errors import MissingPicture, NotIndexed, UsageError
from lookalike.gallery.milvus.link.text import content_of
from twice import Both


def sha256(file: Path) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()


def test_marks_are_kept_and_forgotten(
    both: Both, tmp_path: Path, draw: Callable[..., Path]
) -> None:
    gallery, folder = both.milvus, both.folder
    one = both.id_of(gallery, "a1.png")
    stranger = draw(tmp_path / "stranger.png", 90)
    assert gallery.mark(folder / "a0.png", like=[one], unlike=[folder / "a2.png"]) == 2
    assert gallery.mark(folder / "a0.png", like=[(folder / "a2.png").read_bytes()]) == 1
    assert gallery.mark(stranger, like=[one, stranger], descriptor="glance_copy") == 1
    assert gallery.mark(stranger, like=[stranger]) == 0
    assert gallery.mark(folder / "none.png") == 0  # nothing is said of it
    assert gallery.info().marks == 3

    query = sha256(folder / "a0.png")
    first, second = sha256(folder / "a1.png"), sha256(folder / "a2.png")
    assert {(m.query, m.content, m.liked) for m in gallery.marks()} == {
        (query, content_of(first), True),
        (query, content_of(second), True),
        (sha256(stranger), content_of(first), True),
    }
    copy = {stored.key.split("@")[0]: stored for stored in gallery._descriptors()}["glance_copy"]
    ((known, vector),) = gallery.query_vectors(copy).items()
    assert known == sha256(stranger)
    np.testing.assert_allclose(vector, describe([stranger], "glance_copy")[0], atol=1e-6)

    judged, vectors = gallery.judged(), gallery.query_vectors(copy)
    assert gallery.forget_marks() == 3
    assert (gallery.forget_marks(), gallery.marks(), gallery.query_vectors(copy)) == (0, [], {})
    gallery.judge(judged)
    gallery.keep_query_vectors(copy, vectors)
    assert gallery.judged() == judged
    assert list(gallery.query_vectors(copy)) == [known]


def test_marks_that_are_none(both: Both) -> None:
    gallery, folder = both.milvus, both.folder
    one = both.id_of(gallery, "a1.png")
    with pytest.raises(UsageError, match="both liked and unliked"):
        gallery.mark(one, like=[one], unlike=[folder / "a1.png"])
    with pytest.raises(UsageError, match="an array has no bytes"):
        gallery.mark(np.zeros((3, 3, 3), np.uint8), like=[one])
    for ask in (lambda: gallery.mark(999, like=[one]), lambda: gallery.mark(one, like=[2**70])):
        with pytest.raises(NotIndexed, match="no picture with the id"):
            ask()
    with pytest.raises(UsageError, match="like is a list"):
        gallery.mark(one, like=one)
    with pytest.raises(MissingPicture):
        gallery.mark(folder / "none.png", like=[one])
    assert gallery.marks() == []
