"""`lookalike train adapter`: a better view of the vectors there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.interfaces.cli.options import Debug, GalleryPath, IndexedDescriptor, Json

if TYPE_CHECKING:
    from lookalike.learning.adapter import AdapterReport


def run(
    descriptor: IndexedDescriptor = None,
    labels: Annotated[
        str,
        typer.Option(
            help="What is alike: pictures in the same of your [bold]folders[/]; with the same "
            "value in [bold]column:NAME[/]; the [bold]marks[/] that you gave to answers; "
            "or what a CSV or Parquet file says, with the columns path and label, or first, "
            "second and same.",
            metavar="SOURCE",
        ),
    ] = "folders",
    name: Annotated[
        str, typer.Option(help="What it is called; one of that name is replaced.", metavar="NAME")
    ] = "adapter",
    dims: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many components are left; all, unless told. Fewer are quicker to search, "
            "and tell less of kinds that are new.",
        ),
    ] = None,
    hold_out: Annotated[
        str | None,
        typer.Option(
            help="What it is measured with in the end: whole [bold]groups[/] that it never saw, "
            "which is the default where there are 12; or half of the [bold]pictures[/] of each.",
            metavar="WHAT",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of what is held out.")] = 0,
    keep_default: Annotated[
        bool,
        typer.Option(
            "--keep-default", help="Install it, but let searches go by what they go by now."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only measure whether it helps; install nothing.")
    ] = False,
    gallery: GalleryPath = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Learn from what you know of your pictures how to compare them, and search by that.

    An adapter is a projection of the vectors in the gallery: no picture is read. It is measured on
    what was held out, and installed only if it helps; otherwise nothing changes, and the exit code
    is 1.
    """
    from lookalike.gallery import LocalGallery
    from lookalike.interfaces.cli import progress
    from lookalike.interfaces.cli.terminal import messages
    from lookalike.learning.adapter import train_adapter

    try:
        with LocalGallery.open(gallery, create=False) as opened, progress.shown() as tell:
            report = train_adapter(
                opened,
                descriptor=descriptor,
                labels=labels,
                name=name,
                dims=dims,
                hold_out=hold_out,
                seed=seed,
                install=not dry_run,
                use=not keep_default,
                progress=tell,
            )
    except KeyboardInterrupt:
        messages().print("stopped; nothing was learnt, and searches go by what they went by before")
        raise typer.Exit(130) from None
    if json:
        from lookalike.interfaces.cli.terminal import write_json

        write_json(report.as_dict())
    else:
        _write(report, keep_default)
    if not report.helps:
        raise typer.Exit(1)


def _write(report: AdapterReport, keep_default: bool) -> None:
    from rich.table import Table

    from lookalike.interfaces.cli.terminal import name, output, plural

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("method")
    for column in ("mAP choosing", "mAP held out", "seconds"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in report.methods:
        table.add_row(
            ">" if one.is_chosen else " ",
            name(one.method),
            f"{one.inner:.1%}",
            f"{one.held_out:.1%}",
            f"{one.seconds:.1f}",
        )
    console = output()
    console.print(table)
    told = f"{report.descriptor} · {plural(report.pictures, 'picture')} told of by {report.labels}"
    if report.unknown:
        told += f", {report.unknown:,} more not in the gallery"
    console.print(name(f"{told} · {report.held_out} held out · > chosen", "dim"))
    console.print(name(f"{report.heading}."))
    if report.installed:
        by = "can be searched by" if keep_default else "is what searches go by now"
        console.print(name(f"{report.installed} {by}."))
    else:
        console.print("Nothing was installed.")
