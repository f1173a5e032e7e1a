"""Judgements and columns of one's own, as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, FailFast, Field, Tag

from lookalike.interfaces.http.models.base import (
    Asked,
    PictureId,
    Shown,
    Text,
    Told,
    UploadId,
    example,
)
from lookalike.interfaces.http.models.pictures import Cell, Values
from lookalike.interfaces.http.models.searching import Descriptor, Judged


class MarkedId(Asked):
    """A picture of the gallery that was searched with."""

    id: PictureId


class MarkedUpload(Asked):
    """An upload that was searched with."""

    upload: UploadId


def _kind(query: object) -> str | None:
    given = query if isinstance(query, dict) else vars(query) if hasattr(query, "__dict__") else {}
    found = [kind for kind in ("id", "upload") if kind in given]
    return found[0] if len(found) == 1 else None


class MarksWanted(Asked):
    """Which pictures are good answers to one, and which are not."""

    model_config = example(query={"id": 12}, like=[3, 5], unlike=[7])

    query: Annotated[
        Annotated[MarkedId, Tag("id")] | Annotated[MarkedUpload, Tag("upload")],
        Discriminator(
            _kind,
            custom_error_type="part",
            custom_error_message="what was searched with has exactly one of id, upload",
        ),
    ] = Field(description="What was searched with.", examples=[{"id": 12}])
    like: Judged = Field(
        default=[],
        description="Good answers: ids, or uploads. Those that are not in the gallery are passed "
        "over.",
        examples=[[3, 5]],
    )
    unlike: Judged = Field(default=[], description="Bad answers, likewise.", examples=[[7]])
    descriptor: Descriptor = None


class Kept(Told):
    """How many marks were kept."""

    kept: int = Field(examples=[3])


class Forgotten(Told):
    """How many marks there were."""

    forgotten: int = Field(examples=[12])


class Column(Told):
    """A column of one's own."""

    name: Shown = Field(examples=["price"])
    kind: str = Field(description="number, text, date or flag (true or false).")
    count: int = Field(description="Pictures that have a value.", examples=[400])
    examples: list[Cell] = Field(
        description="Of numbers and dates the smallest and the largest, of others the most "
        "frequent three.",
        examples=[[1.5, 99.0]],
    )


class Columns(Told):
    """The columns that were added to a gallery."""

    columns: list[Column]


class Row(Asked):
    """A picture's values."""

    picture: PictureId | Text = Field(
        description="An id; or a path: absolute, relative to an indexed folder, or the end of one "
        "that only one picture has.",
        examples=["cats/tom.jpg", 12],
    )
    values: Values


class ColumnsWanted(Asked):
    """A table of values of one's own."""

    model_config = example(rows=[{"picture": 12, "values": {"price": 12.5, "brand": "acme"}}])

    # The first that is wrong is told: of all of them it would take too long.
    rows: Annotated[list[Row], FailFast()] = Field(min_length=1, max_length=10_000)


class Unmatched(Told):
    """A row that stands for no picture of the gallery."""

    row: int = Field(description="Its number, from 1.")
    key: Shown
    why: Shown


class ColumnsReport(Told):
    """What was entered."""

    rows: int = Field(examples=[400])
    matched: int = Field(description="Rows that stand for a picture of the gallery.")
    repeated: int = Field(description="Those of them whose picture had one already.")
    values: dict[Shown, int] = Field(description="How many values each column got.")
    kinds: dict[Shown, str] = Field(description="What each column holds.")
    unmatched: list[Unmatched] = Field(description="The first five.")
