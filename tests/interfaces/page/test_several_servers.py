"""The page behind a load balancer that asks two servers in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from turns import Turns


@pytest.fixture
def balanced(serving: Callable[..., str], indexed: Path, tmp_path: Path) -> Iterator[Turns]:
    shared = ("--shared", str(tmp_path / "shared"))
    turns = Turns([serving(indexed, options=shared) for _ in range(2)])
    yield turns
    turns.close()


def test_it_does_not_matter_which_server_answers(
    balanced: Turns, opening: Callable[..., Any], pictures: Path
) -> None:
    page = opening(balanced.address)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(pictures / "c" / "p02.png")
    tiles = page.locator(".grid:not([aria-busy]) .tile[data-id]")
    tiles.nth(11).wait_for()
    assert "p02.png" in tiles.first.inner_text()
    page.reload()  # the upload is asked for again, its thumbnail as well
    tiles.nth(11).wait_for()
    assert "p02.png" in tiles.first.inner_text()
    tiles.nth(3).locator("img").evaluate("image => image.decode()")
    assert {one.partition(" ")[0] for one in balanced.asked} == {"0", "1"}
