"""`lookalike remove`: out of the gallery, not off the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lookalike.errors import UsageError
from lookalike.interfaces.cli.options import Debug, GalleryPath


def run(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Pictures or whole folders.", metavar="[PATH]...")
    ] = None,
    descriptor: Annotated[
        str,
        typer.Option("--descriptor", "-d", help="Drop this descriptor's vectors.", metavar="SPEC"),
    ] = "",
    kept: Annotated[
        bool, typer.Option("--kept", help="Forget pictures whose files are gone.")
    ] = False,
    marks: Annotated[
        bool,
        typer.Option("--marks", help="Forget which answers were liked and unliked in searches."),
    ] = False,
    gallery: GalleryPath = None,
    debug: Debug = False,
) -> None:
    """Take pictures, folders or a descriptor out of the gallery. Nothing is deleted from disk.

    A picture removed from a folder that stays indexed is passed over from then on; to have it
    back, index it by name.
    """
    from lookalike.gallery import Gallery
    from lookalike.interfaces.cli.terminal import output, plural

    if not (paths or descriptor or kept or marks):
        raise UsageError("say what to remove: a path, --descriptor SPEC, --kept or --marks")
    console = output()
    with Gallery.open(gallery, create=False) as opened:
        if paths:
            count = opened.remove(*paths)
            console.print(f"{plural(count, 'picture')} removed from the gallery; none from disk")
        if descriptor:
            opened.remove_descriptor(descriptor)
            console.print(f"the vectors of {descriptor} removed")
        if kept:
            count = opened.remove_kept()
            console.print(f"{plural(count, 'picture')} without a file forgotten")
        if marks:
            console.print(f"{plural(opened.forget_marks(), 'mark')} forgotten")
