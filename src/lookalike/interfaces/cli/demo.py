"""`lookalike demo`: the whole way once, on pictures drawn for it."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.interfaces.cli.options import Debug

if TYPE_CHECKING:
    from lookalike.gallery import LocalGallery
    from lookalike.samples import Sample
    from lookalike.search import Matches

VIEWS = 5
QUERY = "walnut-chair_1.jpg"


def run(
    folder: Annotated[
        Path, typer.Argument(help="Where pictures, gallery and the answer are written.")
    ] = Path("lookalike-demo"),
    open_: Annotated[bool, typer.Option("--open", help="Open the answer.")] = False,
    debug: Debug = False,
) -> None:
    """Draw sixty pictures of twelve things, index them, search with one, draw what was found."""
    from lookalike.descriptors import label
    from lookalike.gallery import LocalGallery
    from lookalike.interfaces.cli.files import open_file
    from lookalike.interfaces.cli.search import write_table
    from lookalike.interfaces.cli.terminal import name, output

    console = output()
    samples = _drawn(folder / "pictures")
    query = next(sample for sample in samples if sample.path.name == QUERY)
    with LocalGallery.open(folder / "gallery") as gallery:
        gallery.sync(folder / "pictures")
        matches = gallery.search(query.path, top=5)
        told = _told(gallery, samples)
    console.print(
        f"{len(samples)} pictures of {len({s.group for s in samples})} things, drawn by Lookalike "
        f"itself, are in {folder / 'pictures'}. Searched with {query.path.name}:\n"
    )
    write_table(matches)
    written = _written(matches, folder)
    console.print(f"\nDrawn: [bold]{written}[/]")
    console.print(f"{told} ({label(matches.descriptor)}, nothing fetched).\n")
    console.print("The same on a page, and then with your own pictures:\n")
    console.print(name(f"    lookalike serve {folder / 'gallery'}", "bold"))
    console.print("    [bold]lookalike index ~/Pictures[/]")
    console.print("    [bold]lookalike search photo.jpg[/]\n")
    if open_:
        open_file(written)


def _drawn(folder: Path) -> list[Sample]:
    """Draw the pictures that no earlier run has drawn."""
    from rich.progress import Progress

    from lookalike import samples
    from lookalike.interfaces.cli.terminal import messages

    with Progress(console=messages(), transient=True) as bar:
        task = bar.add_task("drawing pictures", total=None)
        return samples.render(
            folder,
            views=VIEWS,
            keep=True,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def _written(matches: Matches, folder: Path) -> Path:
    """Draw the answer: as a plot, or as a page where Matplotlib is not installed."""
    if find_spec("matplotlib"):
        matches.plot(folder / "matches.png")
        return folder / "matches.png"
    from lookalike.interfaces.cli.files import write_page

    write_page(folder / "matches.html", matches.sheet())
    return folder / "matches.html"


def _told(gallery: LocalGallery, samples: list[Sample]) -> str:
    """Search with every picture in turn, so that the one shown is not taken for the rule."""
    shares = [_share(gallery, query, samples) for query in samples]
    return (
        f"Of the first {VIEWS - 1} answers to each of the {len(samples)} pictures, "
        f"{sum(shares) / len(shares):.0%} show the same thing"
    )


def _share(gallery: LocalGallery, query: Sample, samples: list[Sample]) -> float:
    # Spelt as the gallery spells paths: "a/../b" taken out.
    same = {os.path.abspath(one.path) for one in samples if one.group == query.group}  # noqa: PTH100
    matches = gallery.search(query.path, top=VIEWS - 1)
    return sum(match.path in same for match in matches) / (VIEWS - 1)
