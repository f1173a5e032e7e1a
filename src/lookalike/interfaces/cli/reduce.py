"""`lookalike reduce`: smaller vectors, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.interfaces.cli.options import Debug, GalleryPath, IndexedDescriptor, Json, Metric

if TYPE_CHECKING:
    from lookalike.learning.reduction import ReductionReport


def run(
    reduction: Annotated[
        str,
        typer.Argument(
            help="[bold]half_whitening:64[/], [bold]pca:D[/], [bold]whitening:D[/] or "
            "[bold]random_projection:D[/], with the components that are left; [bold]sq8[/], a "
            "byte a component; [bold]pq:M[/], M bytes in all.",
            metavar="REDUCTION",
        ),
    ],
    descriptor: IndexedDescriptor = None,
    metric: Metric = None,
    use: Annotated[
        bool, typer.Option("--use", help="Let searches go by the reduced vectors from now on.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only measure what it would cost.")
    ] = False,
    gallery: GalleryPath = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Fit smaller vectors to the gallery, tell what they cost in quality, and keep them.

    They become a descriptor of their own beside the one they are made of, such as
    [bold]glance/half_whitening:64[/]; no picture is read, and pictures indexed later have them,
    too. Quality is measured by what stays among the nearest, and by the folders if they sort the
    pictures by kind: for the kinds that it is fitted to, and for kinds that come later. Reductions
    can follow each other: [bold]lookalike reduce sq8 -d glance/half_whitening:64[/].
    """
    from lookalike.gallery import LocalGallery
    from lookalike.interfaces.cli import progress
    from lookalike.interfaces.cli.terminal import write_json
    from lookalike.learning.reduction import reduce

    with LocalGallery.open(gallery, create=False) as opened, progress.shown() as tell:
        report = reduce(
            opened,
            reduction,
            descriptor=descriptor,
            metric=metric,
            use=use,
            dry_run=dry_run,
            progress=tell,
        )
    if json:
        write_json(report.as_dict())
    else:
        _write(report, use)


def _write(report: ReductionReport, use: bool) -> None:
    from rich.table import Table

    from lookalike.interfaces.cli.terminal import name, output

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    table.add_row(
        "size",
        f"{report.components} → {report.reduced_components} components, "
        f"{report.bytes:,} → {report.reduced_bytes:,} bytes a picture",
    )
    table.add_row("nearest", f"{report.same_neighbours:.1%} of the ten nearest stay the same")
    for name_of, kinds in (("its kinds", report.kinds), ("new kinds", report.new_kinds)):
        if kinds is not None:
            by = kinds.difference
            table.add_row(
                name_of,
                f"mAP over {kinds.folders} folders {kinds.before:.1%} → {kinds.after:.1%}; a "
                f"folder changes by {100 * by.mean:+.1f} points on average ({100 * by.low:+.1f} "
                f"to {100 * by.high:+.1f}, p = {by.p_value:.2g})",
            )
    console = output()
    console.print(table)
    console.print(
        name(
            f"fitted to {report.vectors:,} vectors of {report.of}, {report.metric} distance, and "
            f"measured with {report.asked} searches by pictures held out, in "
            f"{report.seconds:.1f} s",
            "dim",
        )
    )
    if not report.is_kept:
        console.print("nothing was kept: --dry-run")
    elif use:
        console.print(name(f"searches go by {report.descriptor} from now on"))
    else:
        console.print(name(f'to search by it: --descriptor "{report.descriptor}"'))
