"""`lookalike demo`: the whole way once, on pictures drawn for it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.interfaces.cli.options import Debug

if TYPE_CHECKING:
    from lookalike.samples import Sample
    from lookalike.search import Matches


def run(
    folder: Annotated[
        Path, typer.Argument(help="Where pictures, gallery and the answer are written.")
    ] = Path("lookalike-demo"),
    open_: Annotated[bool, typer.Option("--open", help="Open the answer.")] = False,
    debug: Debug = False,
) -> None:
    """Draw sixty pictures of twelve things, index them, search with one, draw what was found."""
    from lookalike.gallery import Gallery
    from lookalike.interfaces.cli.files import open_file
    from lookalike.interfaces.cli.search import write_table
    from lookalike.interfaces.cli.terminal import output

    console = output()
    samples = _drawn(folder / "pictures")
    query = samples[0]
    with Gallery.open(folder / "gallery") as gallery:
        gallery.sync(folder / "pictures")
        matches = gallery.search(query.path, top=5)
    console.print(
        f"{len(samples)} pictures of {len({s.group for s in samples})} things, drawn by Lookalike "
        f"itself, are in {folder / 'pictures'}. Searched with {query.path.name}:\n"
    )
    write_table(matches)
    written = _written(matches, folder)
    console.print(f"\n{_told(matches, query, samples)} Look at it: [bold]{written}[/]\n")
    console.print("Now with your own pictures:\n")
    console.print("    [bold]lookalike index ~/Pictures[/]")
    console.print("    [bold]lookalike search photo.jpg[/]\n")
    if open_:
        open_file(written)


def _drawn(folder: Path) -> list[Sample]:
    """Draw the pictures, unless an earlier run has drawn all of them."""
    from rich.progress import Progress

    from lookalike import samples
    from lookalike.interfaces.cli.terminal import messages

    with Progress(console=messages(), transient=True) as bar:
        task = bar.add_task("drawing pictures", total=None)
        return samples.render(
            folder, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )


def _written(matches: Matches, folder: Path) -> Path:
    """Draw the answer: as a plot, or as a page where Matplotlib is not installed."""
    if find_spec("matplotlib"):
        matches.plot(folder / "matches.png")
        return folder / "matches.png"
    from lookalike.interfaces.cli.files import write_text

    write_text(folder / "matches.html", matches.sheet())
    return folder / "matches.html"


def _told(matches: Matches, query: Sample, samples: list[Sample]) -> str:
    same = {str(sample.path.absolute()) for sample in samples if sample.group == query.group}
    others = len(same) - 1
    right = sum(match.path in same for match in matches[:others])
    return f"{right} of the first {others} show the same thing; {others} pictures do."
