"""`lookalike columns`: what a person knows of the pictures, for `lookalike search --where`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from lookalike.errors import UsageError
from lookalike.interfaces.cli.options import Debug, GalleryPath, Json

if TYPE_CHECKING:
    from lookalike.store.filling import ColumnsReport

app = typer.Typer(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def run(
    ctx: typer.Context, gallery: GalleryPath = None, json: Json = False, debug: Debug = False
) -> None:
    """List the columns that you added to the pictures: price, brand and the like.

    They can be asked for with [bold]lookalike search --where[/].
    """
    if ctx.invoked_subcommand is not None:
        ctx.obj = gallery
        return
    import dataclasses

    from lookalike.gallery import Gallery
    from lookalike.interfaces.cli.terminal import name, output, plural, write_json
    from lookalike.store.kinds import CALLED

    with Gallery.open(gallery, create=False) as opened:
        found = opened.columns()
    if json:
        for column in found:
            write_json(dataclasses.asdict(column))
        return
    console = output()
    for column in found:
        between = " … " if column.kind in ("number", "date") else ", "
        examples = between.join(map(_shown, column.examples))
        counted = plural(column.count, "picture")
        console.print(name(f"{column.name} · {CALLED[column.kind]} · {counted} · {examples}"))
    if not found:
        console.print("no columns; add some: lookalike columns import FILE.csv", style="dim")


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="A CSV with a line of names, or a Parquet file.", metavar="FILE")
    ],
    key: Annotated[
        str,
        typer.Option(
            help="The column with the pictures' paths: absolute, relative to an indexed folder, or "
            "only names, if each belongs to one picture.",
            metavar="COLUMN",
        ),
    ] = "path",
    rename: Annotated[
        list[str] | None,
        typer.Option(
            help="Call a column otherwise, e.g. [bold]size=shoe_size[/]; may be repeated.",
            metavar="COLUMN=NAME",
        ),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(help="Leave a column out; may be repeated.", metavar="COLUMN"),
    ] = None,
    encoding: Annotated[
        str, typer.Option(help="Of a CSV, e.g. [bold]cp1252[/] for one from Excel.")
    ] = "utf-8",
    gallery: GalleryPath = None,
    debug: Debug = False,
) -> None:
    """Enter the columns of a table: one row a picture. All of it is entered, or nothing.

    Numbers, dates (2021-05-01), true and false are recognised; the rest is text. Where a row has
    no value, the picture has none from then on.
    """
    from lookalike.gallery.indexed import open_indexed

    with open_indexed(_named(ctx, gallery), create=False) as opened:
        report = opened.import_columns(
            file, key=key, rename=_pairs(rename or []), skip=skip or (), encoding=encoding
        )
    _tell(report)


@app.command()
def remove(
    ctx: typer.Context,
    columns: Annotated[list[str], typer.Argument(help="Their names.", metavar="COLUMN...")],
    gallery: GalleryPath = None,
    debug: Debug = False,
) -> None:
    """Take columns with all their values out of the gallery."""
    from lookalike.gallery import Gallery
    from lookalike.interfaces.cli.terminal import name, output

    with Gallery.open(_named(ctx, gallery), create=False) as opened:
        opened.remove_columns(*columns)
    output().print(name(f"removed: {', '.join(columns)}"))


def _named(ctx: typer.Context, gallery: str | None) -> str | None:
    """Return the gallery that was typed, behind the subcommand or before it."""
    source = ctx.get_parameter_source("gallery")
    typed = source is not None and source.name == "COMMANDLINE"
    return gallery if typed else cast("str | None", ctx.obj)


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if not all(old and new for old, _, new in pairs):
        raise UsageError("--rename goes with COLUMN=NAME, for example --rename size=shoe_size")
    return {old: new for old, _, new in pairs}


def _tell(report: ColumnsReport) -> None:
    from lookalike.interfaces.cli.terminal import messages, name, output, plural
    from lookalike.store.kinds import CALLED

    console = output()
    for column, count in report.values.items():
        kind = report.kinds.get(column)
        told = f"{CALLED[kind]} · {plural(count, 'value')}" if kind else "no value, so not added"
        console.print(name(f"{column} · {told}"))
    console.print(f"{plural(report.rows, 'row')}, {report.matched:,} of them matched a picture")
    if report.repeated:
        rows = plural(report.repeated, "row")
        messages().print(f"{rows} matched a picture that had one already; the last counts")
    if report.unmatched:
        first = report.unmatched[0]
        missed = report.rows - report.matched
        messages().print(
            name(
                f"{plural(missed, 'row')} matched no picture; the first is row {first.row}, "
                f"{first.key!r}: {first.why}",
                "yellow",
            )
        )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"
