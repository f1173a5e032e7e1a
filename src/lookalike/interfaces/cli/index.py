"""`lookalike index`: folders → the gallery."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.interfaces.cli.options import Debug, Descriptors, GalleryPath, Json

if TYPE_CHECKING:
    from lookalike.gallery import Gallery, LocalGallery, MilvusGallery
    from lookalike.search.upkeep import BuiltIndex
    from lookalike.store import Progress, SyncReport


def run(
    folders: Annotated[
        list[str] | None,  # a path would make one slash of the two in an address
        typer.Argument(
            help="Folders of pictures, with all below them, or addresses such as "
            "[bold]s3://bucket/prefix[/]; none for those indexed before.",
            metavar="[FOLDER]...",
        ),
    ] = None,
    descriptor: Descriptors = None,
    gallery: GalleryPath = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try files again that failed and have not changed.")
    ] = False,
    workers: Annotated[
        str | None,
        typer.Option(
            help="Threads; by default one a processor. Or [bold]ray[/], or "
            "[bold]ray://head:10001[/]: workers on many machines.",
            metavar="N|ray|ray://HOST:PORT",
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            help="Do only the second of eight parts of the files, of [bold]2/8[/].", metavar="I/N"
        ),
    ] = None,
    index: Annotated[
        list[str] | None,
        typer.Option(
            help="Also build an index to search through, e.g. [bold]hnsw:m=32[/], of each "
            "descriptor that is named, or of the first; may be repeated. In Milvus "
            "[bold]auto[/] takes what fits into the memory there.",
            metavar="SPEC",
        ),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(help="What that index is to search by; the descriptor's own if left out."),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Index folders of pictures: read what is new or changed, forget what is gone.

    A new gallery keeps what [bold]glance[/] and [bold]glance_copy[/] see of each picture, unless
    other descriptors are named. Those named later are added, whatever the gallery has already.

    An index that was built once is brought forward by every later run. A large gallery is searched
    faster with one, and a small one needs none.

    Stop it with Ctrl-C at any time; run again, it goes on where it stopped.
    """
    from lookalike.gallery import Gallery, LocalGallery, MilvusGallery
    from lookalike.gallery.indexed import open_indexed
    from lookalike.interfaces.cli import progress

    opening = open_indexed if index else Gallery.open
    with opening(gallery, create=bool(folders)) as opened:
        with progress.shown() as tell:
            report = opened.sync(
                *(folders or []),
                descriptors=descriptor or [],
                retry=retry,
                workers=_number_or_name(workers),
                shard=shard,
                progress=tell,
            )
            built = (
                _built(opened, index or (), descriptor or (None,), metric, tell)
                if isinstance(opened, LocalGallery | MilvusGallery)
                else []
            )
        _tell(report, opened, json)
        if not json:
            _tell_built(built)
    if report.failed and not report.unchanged and report.read == report.failed:
        raise typer.Exit(1)


def _number_or_name(workers: str | None) -> int | str | None:
    return int(workers) if workers is not None and re.fullmatch("-?[0-9]+", workers) else workers


def _built(
    opened: LocalGallery | MilvusGallery,
    specs: Sequence[str],
    descriptors: Sequence[str | None],
    metric: str | None,
    tell: Callable[[Progress], None],
) -> list[BuiltIndex]:
    return [
        opened.build_index(spec, descriptor=of, metric=metric, progress=tell)
        for spec in specs
        for of in descriptors
    ]


def _tell(report: SyncReport, gallery: Gallery, as_json: bool) -> None:
    import dataclasses

    from lookalike.interfaces.cli.terminal import messages, name, output, plural, write_json

    if as_json:
        write_json(dataclasses.asdict(report))
        return
    console = messages()
    for former, present in report.renamed:
        console.print(name(f"{former} is {present} now; nothing had to be read again"))
    for folder in report.unmounted:
        console.print(
            name(
                f"no picture is at {folder} now; unplugged? What is known of it is kept. "
                f'If it is gone for good: lookalike remove "{folder}"'
            )
        )
    for folder, why in report.unlisted:
        console.print(
            name(f"{folder} could not be looked into ({why}); what is known of it is kept")
        )
    for dropped, why in report.dropped:
        console.print(
            name(f"{dropped} is gone, as it was {why}; fit it again: lookalike reduce, or train")
        )
    counts = {
        "added": report.added,
        "changed": report.changed,
        "moved": report.moved,
        "gone": report.gone,
        "described anew": report.described,
        "failed": report.failed,
        "unchanged": report.unchanged,
    }
    told = " · ".join(f"{n:,} {word}" for word, n in counts.items() if n) or "no pictures found"
    if not any(counts.values()) and report.others:
        told += f" ({plural(report.others, 'other file')})"
    took = f"{report.seconds:.1f} s"
    rate = f" ({report.read / report.seconds:,.0f} pictures/s)" if report.read else ""
    output().print(f"{told} in {took}{rate}")
    _tell_failures(report)
    info = gallery.info()
    output().print(name(f"{plural(info.pictures, 'picture')} in the gallery {info.path}", "dim"))


def _tell_built(built: Sequence[BuiltIndex]) -> None:
    from lookalike.descriptors import label
    from lookalike.interfaces.cli.terminal import name, output, plural, size

    for one in built:
        how = "was there already" if one.was_there else f"built in {one.seconds:.1f} s"
        why = f"; chosen by size: {one.why}" if one.why else ""
        output().print(
            name(
                f"{one.spec} of {label(one.descriptor)} by {one.metric} {how}: "
                f"{plural(one.vectors, 'vector')}, {size(one.memory_bytes)} "
                f"of memory, finds {one.recall:.1%} of the nearest{why}"
            )
        )


def _tell_failures(report: SyncReport) -> None:
    from lookalike.interfaces.cli.terminal import messages, name

    console = messages()
    for failure in report.first_failures:
        console.print(name(f"  {failure.path}: {failure.message}", "yellow"))
    if report.failed > len(report.first_failures):
        more = report.failed - len(report.first_failures)
        console.print(f"  and {more:,} more: lookalike failures")
