"""`lookalike failures`: what could not be indexed."""

from __future__ import annotations

from typing import Annotated

import typer

from lookalike.interfaces.cli.options import Debug, GalleryPath, Json


def run(
    gallery: GalleryPath = None,
    reason: Annotated[
        str, typer.Option(help="Only those of one reason, e.g. [bold]corrupt[/].")
    ] = "",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the files that could not be indexed, each with its reason.

    They are tried again when they change, or with [bold]lookalike index --retry[/].
    """
    import dataclasses

    from lookalike.gallery import Gallery
    from lookalike.interfaces.cli.terminal import name, output, plural, write_json

    with Gallery.open(gallery, create=False) as opened:
        found = [f for f in opened.failures() if reason in ("", f.reason)]
    if json:
        for failure in found:
            write_json(dataclasses.asdict(failure))
        return
    console = output()
    for failure in found:
        console.print(name(failure.path))
        console.print(name(f"    {failure.reason}: {failure.message}", "yellow"))
    console.print(plural(len(found), "failure") if found else "no failures", style="dim")
