"""Pictures of a gallery, as JSON."""

from __future__ import annotations

import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from lookalike.interfaces.http.models.base import (
    Asked,
    Parameters,
    PictureId,
    Shown,
    Skip,
    Text,
    Told,
    Top,
    Where,
    example,
    not_many,
)
from lookalike.store.kinds import kept

Cell = Shown | bool | int | float
"""What a column of one's own may hold, as it is told."""


def _is_date(text: str) -> str:
    kept("date", text)
    return text


class DateValue(Asked):
    """A date as a value, as JSON has none; answers tell it as text."""

    date: Annotated[str, AfterValidator(_is_date)] = Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
        r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$",
        description="ISO 8601, with a time or without. One with a time zone is kept as UTC.",
        examples=["2021-05-01", "2021-05-01T12:30:00"],
    )

    @property
    def value(self) -> datetime.date:
        """The date, or the date and time."""
        text = str(kept("date", self.date))
        whole = datetime.datetime.fromisoformat(text)
        return whole if "T" in text else whole.date()


Entered = (
    Annotated[str, Field(max_length=2000)]
    | bool
    | Annotated[int, Field(ge=-(2**53), le=2**53)]
    | Annotated[float, Field(ge=-1e300, le=1e300)]
    | DateValue
    | None
)
"""What a column of one's own may be given; null takes a value away."""

Values = Annotated[
    dict[Text, Entered],
    BeforeValidator(not_many),
    Field(
        max_length=100,
        description="Values by the names of their columns; null takes one away.",
        examples=[{"price": 12.5, "brand": "acme", "made": {"date": "2021-05-01"}, "sold": None}],
    ),
]


def plain(values: Values) -> dict[str, object]:
    """Return values as a gallery takes them."""
    return {name: one.value if isinstance(one, DateValue) else one for name, one in values.items()}


class Picture(Told):
    """A picture of a gallery."""

    id: int = Field(description="Name it by this everywhere.", examples=[12])
    path: Shown = Field(
        description="Where the file is; from the last part of the indexed folder on, where paths "
        "are not shown in full. Bytes that are no Unicode are U+FFFD.",
        examples=["/home/ada/Pictures/cats/tom.jpg"],
    )
    name: str = Field(description="The file's name, fit to be shown.", examples=["tom.jpg"])
    sha256: str = Field(description="Of the file's bytes, in hexadecimal.")
    width: int = Field(description="Pixels, upright.", examples=[1600])
    height: int = Field(description="Pixels, upright.", examples=[1200])
    format: str = Field(examples=["JPEG"])
    bytes: int = Field(description="Size of the file.", examples=[218734])
    modified: str = Field(
        description="When the file was changed last: ISO 8601, UTC.",
        examples=["2019-07-01T12:34:56"],
    )
    taken: str | None = Field(
        description="When the photo was taken, by its EXIF, without a time zone.",
        examples=["2019-07-01T12:30:00"],
    )
    columns: dict[Shown, Cell] = Field(
        description="Values of one's own by the names of their columns.",
        examples=[{"price": 12.5, "brand": "acme"}],
    )
    thumbnail: str = Field(
        description="Where a small picture of it is; add `&size=` for another size than 320.",
        examples=["/v1/galleries/cats/pictures/12/thumbnail?v=9f86d081884c"],
    )


class PicturePage(Told):
    """Some of the pictures, in order of their paths."""

    pictures: list[Picture]
    total: int = Field(description="How many there are in all.", examples=[421])


class PicturesWanted(Parameters):
    """Which pictures are listed."""

    where: Where = Field(default=[])
    skip: Skip = 0
    top: Top = 100


class Failure(Told):
    """A file that could not be indexed, and why."""

    path: Shown
    reason: str = Field(description="A short, stable name.", examples=["corrupt"])
    message: Shown = Field(examples=["it is JPEG, but damaged"])


class Failures(Told):
    """Files that could not be indexed."""

    failures: list[Failure]
    total: int = Field(examples=[3])


class FailuresWanted(Parameters):
    """Which failures are listed."""

    skip: Skip = 0
    top: Top = 100


class RemoveWanted(Asked):
    """What is to be taken out of the gallery."""

    model_config = example(pictures=[12, "/home/ada/Pictures/cats"])

    pictures: list[PictureId | Text] = Field(
        min_length=1,
        max_length=10_000,
        description="Ids, or paths on the server's machine, in full: of a file, or of a folder "
        "with all below it.",
        examples=[[12, "/home/ada/Pictures/cats"]],
    )


class Removed(Told):
    """What was taken out of the gallery."""

    removed: int = Field(description="Files.", examples=[12])


class ColumnValues(Asked):
    """Values of one's own for one picture."""

    model_config = example(columns={"price": 12.5, "brand": None})

    columns: Values


class ConditionField(Told):
    """A field that conditions can be about, with what there is of it."""

    name: Shown = Field(description="As it stands in a condition.", examples=["width"])
    kind: str = Field(
        description="path, folder, name, format, number, bytes, date, time, text or flag.",
        examples=["number"],
    )
    operators: list[str] = Field(description="What it can be asked.", examples=[["=", "<", ">="]])
    own: bool = Field(description="Whether it is a column of one's own.")
    least: float | Shown | None = Field(description="The smallest there is.", examples=[48])
    most: float | Shown | None = Field(description="The largest there is.", examples=[4096])
    values: list[tuple[Cell, int]] = Field(
        description="The most frequent values, each with how many pictures have it: at most fifty.",
        examples=[[["cats", 214], ["dogs", 207]]],
    )


class Fields(Told):
    """What conditions can be about."""

    fields: list[ConditionField]
