"""What a person types → the ground truth of a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lookalike.errors import BadParameter
from lookalike.evaluation.truth.base import GroundTruth
from lookalike.evaluation.truth.files import folder_at
from lookalike.evaluation.truth.layout import Layout
from lookalike.registry import Registry

LAYOUTS: Registry[Layout] = Registry(
    "ground truth",
    Layout,  # type: ignore[type-abstract]
    "lookalike.evaluation.truth",
    helpers=frozenset(
        {"base", "buildings", "files", "layout", "lists", "objects", "reading", "revisited"}
    ),
)
"""Every layout by name; another is another file of this package, or an entry point."""

AUTO = "auto"


def read(spec: str | None, folder: Path) -> list[GroundTruth]:
    """Return the ground truth of a folder, or several where it comes in variants.

    Parameters
    ----------
    spec : str or None
        A name of `LAYOUTS`, with its parameter after a colon: "folders", "names:^[a-z]+",
        "csv:FILE", "holidays", … "auto" or None: guessed by what lies in the folder; `source` of
        what is returned then begins with the guess.
    folder : Path

    Raises
    ------
    UnknownName
        There is no such layout.
    BadParameter
        The folder does not hold such data, or a list in it is broken, or several layouts fit.
    """
    if spec is None or spec.strip().lower() in ("", AUTO):
        name = guess(folder)
        found = LAYOUTS.get(name)().load(folder)
        return [
            replace(one, source=f"Taken for {name} by what lies there. {one.source}")
            for one in found
        ]
    name, _, given = spec.partition(":")
    return LAYOUTS.get(name.strip().lower())(given).load(folder)


def guess(folder: Path) -> str:
    """Return the name of the one standard layout whose marks lie in a folder, or else "folders".

    Raises
    ------
    BadParameter
        There is no such folder, or it has the marks of several.
    """
    root = folder_at(folder)
    fitting = [name for name in LAYOUTS.names() if LAYOUTS.get(name).lies_in(root)]
    if len(fitting) > 1:
        raise BadParameter(
            f"{root} can be read as {' or '.join(fitting)}; name the one that is meant"
        )
    return fitting[0] if fitting else "folders"
