"""`lookalike descriptors`: in which ways a picture can be described."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.interfaces.cli.options import Debug, Json

if TYPE_CHECKING:
    from rich.console import Console


def run(
    name: Annotated[
        str | None, typer.Argument(help="Show this one with its parameters.", metavar="[NAME]")
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the descriptors: what each sees, its vector, its metric, and where networks come from.

    A SPEC is a name, or a name with parameters: [bold]hsv_histogram:bins=8x8x8[/],
    [bold]vgg16:layer=fc2[/], [bold]network:./own.onnx[/]; or a weighted sum of several:
    [bold]0.6*hsv_histogram+0.4*hog[/].
    """
    from lookalike.interfaces.cli.terminal import output, write_json

    methods, networks = _methods(), _networks()
    if name is not None:
        from lookalike.errors import UnknownName

        known = [one["name"] for one in (*methods, *networks)]
        if name not in known:
            raise UnknownName("descriptor", name, known)
        methods = [one for one in methods if one["name"] == name]
        networks = [one for one in networks if one["name"] == name]
    if json:
        for one in (*methods, *networks):
            write_json(one)
        return
    console = output()
    if methods:
        _write_methods(console, methods, whole=name is not None)
    if networks:
        _write_networks(console, networks)


def _methods() -> list[dict[str, Any]]:
    from lookalike.descriptors import DEFAULT, DESCRIPTORS, KEPT_BY_DEFAULT, NEEDING

    found = []
    for name in DESCRIPTORS.names():
        kind = DESCRIPTORS.get(name)
        made = None if name in NEEDING else kind()
        found.append(
            {
                "name": name,
                "default": name == DEFAULT,
                "kept_by_default": name in KEPT_BY_DEFAULT,
                "summary": (kind.__doc__ or "").strip().partition("\n")[0].replace("``", ""),
                "dim": made.dim if made else None,
                "metric": made.metric if made else None,
                "parameters": [_parameter(field) for field in dataclasses.fields(kind)],  # type: ignore[arg-type]
            }
        )
    return found


def _parameter(field: dataclasses.Field[object]) -> dict[str, str]:
    from lookalike.descriptors.base import written_value

    missing = field.default is dataclasses.MISSING
    return {
        "name": field.name,
        "default": "" if missing else written_value(field.default),
        "help": field.metadata.get("help", ""),
    }


def _networks() -> list[dict[str, Any]]:
    from lookalike.networks import card_names, files
    from lookalike.networks.finding import find

    found = []
    for name in card_names():
        its = find(name)
        found.append(
            {
                "name": name,
                "summary": its.card.title,
                "licence": its.card.licence,
                "layers": {layer: facts.dim for layer, facts in its.card.layers.items()},
                "default_layer": its.card.default,
                "metric": its.card.metric,
                "words": its.card.words is not None,
                "bytes": its.file.bytes,
                "here": files.place(its.file, its.name, its.folder).is_file(),
            }
        )
    return found


def _write_methods(console: Console, methods: list[dict[str, Any]], *, whole: bool) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("descriptor", no_wrap=True, style="bold")
    table.add_column("dim", justify="right")
    table.add_column("metric")
    table.add_column("what it sees")
    for one in methods:
        mark = "*" if one["kept_by_default"] and not whole else ""
        dim, metric = one["dim"] or "", one["metric"] or ""
        table.add_row(one["name"] + mark, str(dim), metric, one["summary"])
    console.print(table)
    if whole:
        for one in methods[0]["parameters"]:
            console.print(f"  [bold]{one['name']}[/]={one['default'] or '…'}  {one['help']}")
    else:
        default = next(one["name"] for one in methods if one["default"])
        console.print(
            "[dim]* what a new gallery keeps unless others are named; searches go by "
            f"{default}\nparameters: lookalike descriptors NAME[/]\n"
        )


def _write_networks(console: Console, networks: list[dict[str, Any]]) -> None:
    from rich.table import Table

    from lookalike.interfaces.cli.terminal import size

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("network", no_wrap=True, style="bold")
    for column in ("layers (dim)", "words", "size", "here", "licence", "what it is"):
        table.add_column(column)
    for one in networks:
        table.add_row(
            one["name"],
            ", ".join(
                f"{layer}{'*' if layer == one['default_layer'] else ''} ({dim})"
                for layer, dim in one["layers"].items()
            ),
            "yes" if one["words"] else "",
            size(one["bytes"]),
            "[green]yes[/]" if one["here"] else "fetched at first use",
            one["licence"],
            one["summary"],
        )
    console.print(table)
