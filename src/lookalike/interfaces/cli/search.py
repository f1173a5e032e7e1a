"""`lookalike search`: a picture → the pictures like it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.interfaces.cli.options import Debug, GalleryPath, IndexedDescriptor, Metric

if TYPE_CHECKING:
    from rich.console import Console

    from lookalike.gallery import Gallery
    from lookalike.images import Source
    from lookalike.search import Match, Matches


def run(
    picture: Annotated[
        str | None,
        typer.Argument(
            help="A picture's path, [bold]-[/] for standard input, or the id of a match.",
            metavar="PICTURE",
        ),
    ] = None,
    words: Annotated[
        str,
        typer.Option(help="Search by words, with a descriptor that understands them."),
    ] = "",
    top: Annotated[
        int | None,
        typer.Option(
            "--top",
            "-n",
            min=1,
            help="How many matches; 10 unless told, with --within or --min-probability all.",
        ),
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(min=0.0, help="Only pictures up to this distance.", metavar="DISTANCE"),
    ] = None,
    box: Annotated[
        str | None,
        typer.Option(
            help="Look only at this region of PICTURE: left, top, right, bottom as shares of its "
            "width and height, e.g. [bold]0.1,0.2,0.6,0.8[/].",
            metavar="L,T,R,B",
        ),
    ] = None,
    plus: Annotated[
        list[str] | None,
        typer.Option(
            help="Search towards this picture as well, by its id or path; a weight may follow, "
            "e.g. [bold]'a.jpg*0.5'[/], else it is 1. May be repeated.",
            metavar="PICTURE[*WEIGHT]",
        ),
    ] = None,
    minus: Annotated[
        list[str] | None,
        typer.Option(
            help="Search away from this picture, as with [bold]--plus[/]. May be repeated.",
            metavar="PICTURE[*WEIGHT]",
        ),
    ] = None,
    descriptor: IndexedDescriptor = None,
    metric: Metric = None,
    index: Annotated[
        str | None,
        typer.Option(
            help="What to search through: [bold]exact[/], or what "
            "[bold]lookalike index --index[/] has built; the one chosen for the gallery if left "
            "out.",
            metavar="SPEC",
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            help="Only pictures of which this is true, e.g. "
            "[bold]'folder = cats and width >= 800 and taken >= 2021-05'[/]; may be repeated: then "
            "all must be. Also about [bold]lookalike columns[/].",
            metavar="CONDITION",
        ),
    ] = None,
    min_probability: Annotated[
        float | None,
        typer.Option(
            help="Only pictures that are the same one, perhaps edited, at least so probably, e.g. "
            "[bold]0.8[/]; maybe none. [bold]lookalike selftest[/] finds out what is how probable.",
            metavar="SHARE",
        ),
    ] = None,
    like: Annotated[
        list[str] | None,
        typer.Option(
            help="A good answer, by its id or path: search for more like it. May be repeated, and "
            "needs no PICTURE.",
            metavar="PICTURE",
        ),
    ] = None,
    unlike: Annotated[
        list[str] | None,
        typer.Option(
            help="A bad answer, by its id or path: leave it out, and what is like it. May be "
            "repeated.",
            metavar="PICTURE",
        ),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep/--no-keep",
            help="Keep in the gallery what is liked and unliked of a PICTURE's answers, for "
            "[bold]lookalike train adapter[/] to learn from. "
            "[bold]lookalike remove --marks[/] forgets it. Of a region or of several pictures "
            "nothing is kept.",
        ),
    ] = True,
    gallery: GalleryPath = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    paths: Annotated[bool, typer.Option("--paths", help="Only the paths, one a line.")] = False,
    null: Annotated[
        bool, typer.Option("--null", "-0", help="With --paths: end each with a zero byte.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw query and matches into FILE (png, svg, pdf, jpg).", metavar="FILE"),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(help="Write query and matches as one HTML page to FILE.", metavar="FILE"),
    ] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Open the plot or page; a page if neither is named.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Find the pictures that are most like one.

    The picture's own file is left out of the answer; copies of it elsewhere are in.

    Not what you meant? Say which answers are right and which are not, and the search goes there:
    [bold]lookalike search cat.jpg --like 12 --like 15 --unlike 7[/].

    Or search by several pictures at once: [bold]lookalike search cat.jpg --minus sofa.jpg[/].
    """
    from lookalike.gallery import Gallery
    from lookalike.interfaces.cli.parts import box_of, parts_of, picture_of

    with Gallery.open(gallery, create=False) as opened:
        query = None if picture is None else picture_of(picture)
        liked, unliked = ([picture_of(one) for one in given or ()] for given in (like, unlike))
        region = box_of(box)
        parts = parts_of(query, region, words, plus or (), minus or ())
        is_whole = not parts and region is None
        matches = opened.search(
            None if parts else query,
            box=None if parts else region,
            words="" if parts else words,
            parts=parts,
            top=top,
            within=within,
            descriptor=descriptor,
            metric=metric,
            index=index,
            where=where or (),
            min_probability=min_probability,
            like=liked,
            unlike=unliked,
        )
        _draw(matches, plot, sheet, open_)
        if json:
            _write_json(matches)
        elif paths:
            _write_paths(matches, "\0" if null else "\n")
        elif min_probability is not None and not len(matches):
            _write_none(matches, min_probability)
        else:
            write_table(matches)
        if keep and query is not None and is_whole and (liked or unliked):
            _keep(opened, query, liked, unliked, matches.descriptor)


def _keep(
    opened: Gallery,
    query: Source | int,
    liked: list[Source | int],
    unliked: list[Source | int],
    descriptor: str,
) -> None:
    """Keep the marks; if that fails, the answers stand all the same."""
    from lookalike.errors import LookalikeError
    from lookalike.interfaces.cli.terminal import messages, printable

    try:
        opened.mark(query, like=liked, unlike=unliked, descriptor=descriptor)
    except LookalikeError as error:
        messages().print(printable(f"lookalike: {error}"), markup=False)


def _draw(matches: Matches, plot: Path | None, sheet: Path | None, open_: bool) -> None:
    from lookalike.interfaces.cli.files import open_file, temporary_page, write_page

    written = []
    if plot is not None:
        matches.plot(plot)
        written.append(plot)
    if sheet is not None or (open_ and plot is None):
        sheet = sheet or temporary_page()
        write_page(sheet, matches.sheet())
        written.append(sheet)
    if open_:
        for file in written:
            open_file(file)


def _write_json(matches: Matches) -> None:
    from lookalike.interfaces.cli.terminal import write_json

    for match in matches:
        write_json(match.as_dict())


def _write_paths(matches: Matches, end: str) -> None:
    import sys

    for match in matches:
        sys.stdout.write(match.path + end)


def _write_none(matches: Matches, least: float) -> None:
    from lookalike.interfaces.cli.terminal import output

    console = output()
    console.print(f"no match found: nothing is the same picture with {100 * least:.4g} % or more")
    _write_heading(console, matches)


def write_table(matches: Matches) -> None:
    """Write the matches as a table to standard output."""
    from rich.table import Table

    from lookalike.interfaces.cli.terminal import name, output

    table = Table(box=None, pad_edge=False, header_style="dim")
    is_known = any(match.probability is not None for match in matches)
    for column in ("", *(["same"] if is_known else []), "alike", "distance", "id"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("picture")
    for match in matches:
        table.add_row(
            str(match.rank),
            *([_chance(match)] if is_known else []),
            f"{match.similarity:.1%}",
            f"{match.distance:.4g}",
            str(match.id),
            name(match.path + ("  (identical file)" if match.identical else "")),
        )
    console = output()
    console.print(table)
    _write_heading(console, matches)


def _chance(match: Match) -> str:
    from lookalike.show.wording import chance

    return "" if match.probability is None else chance(match.probability)


def _write_heading(console: Console, matches: Matches) -> None:
    from lookalike.interfaces.cli.terminal import name

    console.print(name(f"{matches.heading}, in {matches.seconds * 1000:.0f} ms", "dim"))
