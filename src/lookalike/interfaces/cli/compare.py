"""`lookalike compare`: which of several pictures is a picture nearer to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.interfaces.cli.options import Debug, Descriptors, Json

if TYPE_CHECKING:
    from lookalike.search import Comparison, ComparisonRow


def run(
    picture: Annotated[Path, typer.Argument(help="The picture in question.", metavar="PICTURE")],
    references: Annotated[
        list[Path], typer.Argument(help="One or more to hold it against.", metavar="REFERENCE...")
    ],
    descriptor: Descriptors = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw pictures and histograms into FILE.", metavar="FILE"),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Tell how far a picture is from others, and to which it is nearest, under each descriptor."""
    from lookalike.quick import compare

    comparison = compare(picture, *references, descriptors=descriptor or [])
    if plot is not None:
        comparison.plot(plot)
    if json:
        _write_json(comparison)
    else:
        _write_table(comparison)


def _write_json(comparison: Comparison) -> None:
    from lookalike.interfaces.cli.terminal import write_json

    for row in comparison.rows:
        write_json(
            {
                "descriptor": row.descriptor,
                "metric": row.metric,
                "references": [str(reference) for reference in comparison.references],
                "distances": row.distances.tolist(),
                "similarities": row.similarities.tolist(),
                "nearer": row.nearer,
            }
        )


def _write_table(comparison: Comparison) -> None:
    from rich.table import Table

    from lookalike.descriptors import label
    from lookalike.interfaces.cli.terminal import name, output

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("descriptor", no_wrap=True)
    table.add_column("metric", no_wrap=True)
    for title in comparison.names[1:]:
        table.add_column(name(title), justify="right")
    for row in comparison.rows:
        cells = [_cell(row, i) for i in range(len(row.distances))]
        table.add_row(label(row.descriptor), row.metric, *cells)
    console = output()
    console.print(table)
    console.print(name(_verdict(comparison)))


def _cell(row: ComparisonRow, reference: int) -> str:
    told = f"{row.distances[reference]:.4g}  {row.similarities[reference]:.1%}"
    nearest = row.nearer == reference and len(row.distances) > 1
    return f"[bold green]{told}[/]" if nearest else told


def _verdict(comparison: Comparison) -> str:
    if len(comparison.references) == 1:
        return "Each cell: distance, and how alike (100% is equal)."
    votes = [row.nearer for row in comparison.rows]
    told = ", ".join(
        f"{title} under {votes.count(i)}" for i, title in enumerate(comparison.names[1:])
    )
    ties = f", undecided under {votes.count(None)}" if None in votes else ""
    return f"{comparison.names[0]} is nearer to {told}{ties} of {len(votes)} descriptors."
