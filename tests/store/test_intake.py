"""Files are read once, and described by what each lacks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from lookalike.descriptors import Descriptor, create
from lookalike.errors import CorruptPicture
from lookalike.images import Image, load, load_views, probe
from lookalike.images.process import Crash
from lookalike.networks.glance import Edition
from lookalike.places import Found
from lookalike.store.intake import CRASHES, NOT_DESCRIBED, Taken, nothing_known, take_in

DESCRIPTORS: dict[int, Descriptor] = {
    4: create("glance"),
    5: create("pixels"),
    7: create("glance_copy"),
}


@pytest.fixture
def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def taken(files: Sequence[Path], known: dict[Path, set[int]] | None = None) -> list[Taken]:
    """Take files in, some of whose contents have vectors already."""
    there = {hashlib.sha256(f.read_bytes()).digest(): ids for f, ids in (known or {}).items()}
    return take_in(
        [Found(str(file), 1, 1) for file in files],
        DESCRIPTORS,
        lambda digests: {one: frozenset(there[one]) for one in digests if one in there},
        lambda: False,
    )


def test_every_descriptor_gets_its_own_vectors(
    two_editions: Path, files: list[Path], passes: list[int]
) -> None:
    found = taken(files)
    assert sum(passes) == len(files)
    for file, one in zip(files, found, strict=True):
        assert one.vectors.keys() == DESCRIPTORS.keys()
        for identity, kept in one.vectors.items():
            alone = DESCRIPTORS[identity].describe([load(file, DESCRIPTORS[identity].view)])[0]
            np.testing.assert_allclose(np.frombuffer(kept, "<f4"), alone, atol=1e-6)


def test_one_pass_whatever_each_picture_lacks(
    two_editions: Path, files: list[Path], passes: list[int]
) -> None:
    known = {files[1]: {4}, files[2]: {4, 7}, files[3]: {5}, files[4]: {4, 5, 7}}
    found = taken(files, known)
    lacking = [set(DESCRIPTORS) - known.get(file, set()) for file in files]
    assert [set(one.vectors) for one in found] == lacking
    assert sum(passes) == sum(bool(ids & {4, 7}) for ids in lacking) == 4


def test_a_pass_that_fails_for_one_picture_fails_that_one(
    two_editions: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = load(files[2], DESCRIPTORS[4].view)
    encode = Edition.encode

    def failing(self: Edition, images: Sequence[Image]):
        if any(np.array_equal(image, poison) for image in images):
            raise ZeroDivisionError("this one")
        return encode(self, images)

    monkeypatch.setattr(Edition, "encode", failing)
    found = taken(files)
    assert [bool(one.reason) for one in found] == [False, False, True, False, False, False]
    assert found[2].reason == NOT_DESCRIBED
    assert found[2].message == "glance and glance_copy failed: ZeroDivisionError: this one"
    assert found[2].vectors == {}


def test_a_decoder_that_crashes_elsewhere_fails_that_picture(files: list[Path]) -> None:
    class Elsewhere:
        load_views = staticmethod(load_views)

        def probe(self, source: bytes, *, name: str):
            if name == str(files[2]):
                raise CorruptPicture(name, "its decoder crashed") from Crash("SIGKILL")
            return probe(source, name=name)

    found = take_in(
        [Found(str(file), 1, 1) for file in files],
        {5: create("pixels")},
        nothing_known,
        lambda: False,
        Elsewhere(),
    )
    assert [one.reason for one in found] == ["", "", CRASHES, "", "", ""]
    assert [bool(one.vectors) for one in found] == [True, True, False, True, True, True]
