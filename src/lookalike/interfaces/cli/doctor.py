"""`lookalike doctor`: what this machine can read, and what is missing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from lookalike.interfaces.cli.options import Debug, Json

_PARTS = ("pillow", "pi-heif", "numpy", "onnxruntime", "matplotlib", "tokenizers", "torch")
_EXTRAS = {"matplotlib": "plot", "tokenizers": "text", "torch": "train"}


def run(json: Json = False, debug: Debug = False) -> None:
    """Tell which picture formats are read here, what is installed, and where things are kept."""
    from lookalike import images
    from lookalike.interfaces.cli.terminal import write_json

    formats = images.formats()
    if json:
        write_json(
            {
                "formats": [
                    {
                        "name": f.name,
                        "suffixes": sorted(f.suffixes),
                        "readable": f.readable,
                        "note": f.note,
                    }
                    for f in formats
                ],
                "about": dict(_about()),
            }
        )
        return
    from rich.table import Table

    from lookalike.interfaces.cli.terminal import name, output

    reads = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("format", "read", "files", "note"):
        reads.add_column(column)
    for one in formats:
        mark = "[green]yes[/]" if one.readable else "[red]no[/]"
        reads.add_row(one.name, mark, " ".join(sorted(one.suffixes)), one.note)
    about = Table(box=None, pad_edge=False, show_header=False)
    about.add_column(style="dim", no_wrap=True)
    about.add_column()
    for what, told in _about():
        about.add_row(what, name(told))
    console = output()
    console.print(reads)
    console.print()
    console.print(about)


def _about() -> Iterator[tuple[str, str]]:
    import platform
    import sqlite3
    from importlib import metadata

    from lookalike.gallery import default_path
    from lookalike.networks import files

    yield "lookalike", metadata.version("lookalike")
    yield (
        "python",
        f"{sys.version.split()[0]} on {platform.platform()}, {os.cpu_count()} processors",
    )
    yield "sqlite", sqlite3.sqlite_version
    for part in _PARTS:
        yield part, _installed(part)
    yield "gallery", str(default_path())
    yield "networks", str(files.folder())


def _installed(part: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(part)
    except metadata.PackageNotFoundError:
        return (
            f'not installed: pip install "lookalike[{_EXTRAS[part]}]"'
            if part in _EXTRAS
            else "missing"
        )
