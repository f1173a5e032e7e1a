"""`lookalike copy`: a gallery to another place, with all that is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.interfaces.cli.options import Debug, Json

if TYPE_CHECKING:
    from lookalike.gallery.copying import CopyReport


def run(
    source: Annotated[
        str,
        typer.Argument(
            help="The gallery that is copied: its folder, or its address in Milvus.",
            metavar="FROM",
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            help="Where to: a folder, [bold]milvus+http://HOST:19530/NAME[/] or "
            "[bold]milvus:FILE.db[/]; made if it is not there.",
            metavar="TO",
        ),
    ],
    descriptor: Annotated[
        list[str] | None,
        typer.Option(
            "--descriptor",
            "-d",
            help="Copy only the vectors of this descriptor; may be repeated. All if left out.",
            metavar="SPEC",
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Where both have another picture at the same path, take that of FROM. Without "
            "it nothing is written then.",
        ),
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Copy a gallery to another place: from a folder to Milvus, back, or to another folder.

    Files, vectors, columns, calibrations, marks and what was removed by hand go along; no picture
    is read again. Stopped or killed at any moment, the same command goes on. What is in TO already
    stays there, and what only TO has is left alone.

    At the end both are compared: every file by its SHA-256, the number of vectors, a thousand
    vectors bit by bit, and what a hundred searches find.

    Pictures that the gallery itself has copies of go along, too. In Milvus they need a place that
    all who use it reach: [bold]milvus+http://HOST:19530/NAME?files=s3://BUCKET/FOLDER[/].
    """
    from lookalike.gallery.copying import copy
    from lookalike.interfaces.cli import progress
    from lookalike.interfaces.cli.terminal import write_json

    with progress.shown() as tell:
        report = copy(
            source, target, descriptors=tuple(descriptor or ()), replace=replace, progress=tell
        )
    if json:
        write_json(report.as_dict())
    else:
        _write(report)


def _write(report: CopyReport) -> None:
    from rich.table import Table

    from lookalike.descriptors import label
    from lookalike.interfaces.cli.terminal import name, output, plural

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    table.add_row("from", name(report.source))
    table.add_row("to", name(report.target))
    rate = report.files / max(1e-9, report.seconds)
    told = f"{plural(report.files, 'file')} with {plural(report.vectors, 'vector')}"
    told += f" in {report.seconds:.1f} s" + (f", {rate:,.0f} files/s" if rate >= 1 else "")
    table.add_row("copied", told)
    if report.skipped:
        table.add_row("", f"{plural(report.skipped, 'file')} were there already")
    if report.own:
        table.add_row("", f"{plural(report.own, 'picture')} of the gallery's own went along")
    if report.settled_seconds >= 1:
        table.add_row("indexed", f"after {report.settled_seconds:.0f} s more")
    checks = report.checks
    table.add_row(
        "compared",
        f"{plural(checks.files, 'file')} by their SHA-256, {plural(checks.sampled, 'vector')} "
        f"bit by bit: all the same ({report.checked_seconds:.1f} s)",
    )
    if checks.rounded:
        told = f"of those {checks.rounded:,} but for rounding, as they are kept in codes"
        table.add_row("", told)
    for key, count in checks.vectors.items():
        table.add_row("descriptor", name(f"{label(key)} · {plural(count, 'vector')}"))
    for one in checks.searches:
        asked = plural(one.queries, "search", "searches")
        found = f"{one.recall:.1%} of the ten nearest, in {asked}"
        table.add_row("searches", name(f"{label(one.descriptor)} · {found}"))
    if checks.others:
        table.add_row("besides", f"{plural(checks.others, 'file')} that only the target has")
    output().print(table)
