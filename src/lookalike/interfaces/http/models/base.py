"""What the models of requests and of answers have in common."""

from __future__ import annotations

import os
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.config import JsonValue

from lookalike.show.wording import REPLACEMENT, readable

LARGEST_ID = 2**63 - 1
"""What SQLite can hold."""

LONGEST_TEXT = 2000
"""Characters of a condition, a path, a name …"""

MOST = 1000
"""Matches or pictures in one answer."""

DEEPEST = 100_000
"""Matches or pictures that may be passed over."""

MOST_NAMES = 200
"""In one object of a request: a picture has fewer columns."""

# No zero bytes: what is handed on to C would end there. `$` alone would let a line break follow.
_WITHOUT_ZEROS = r"^[^\x00]*$"


def not_many(given: object) -> object:
    """Refuse what has more names than anybody needs, before they are looked at.

    A complaint for each of a million that are wrong would keep everybody waiting for a minute.
    """
    if isinstance(given, dict) and len(given) > MOST_NAMES:
        raise ValueError(f"it has {len(given):,} names, and at most {MOST_NAMES} are looked at")
    return given


class Asked(BaseModel):
    """A request. What it does not know, or what is of another type, is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _has_few(cls, given: object) -> object:
        return not_many(given)


def example(**fields: JsonValue) -> ConfigDict:
    """Return what shows in the documentation as a request: what one would try first."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


class Parameters(BaseModel):
    """What stands behind the question mark of an address, which is text at first."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Told(BaseModel):
    """An answer."""

    model_config = ConfigDict(from_attributes=True)


def sendable(text: object) -> object:
    """Replace what of a file's name is no Unicode, and could not be sent as JSON."""
    if not isinstance(text, str) or text.isascii():
        return text
    return "".join(REPLACEMENT if "\ud800" <= char <= "\udfff" else char for char in text)


def base_name(path: str) -> str:
    """Return the last part of a path, fit to be shown."""
    return readable(os.path.basename(path.rstrip("/\\")) or path)  # noqa: PTH119


def _region(box: list[float]) -> list[float]:
    left, top, right, bottom = box
    if not (left < right and top < bottom):
        raise ValueError("a box is left, top, right, bottom: left < right and top < bottom")
    return box


Shown = Annotated[str, BeforeValidator(sendable)]
"""Text that comes from file names, perhaps with bytes that are no Unicode."""

Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, pattern=_WITHOUT_ZEROS)]
PictureId = Annotated[
    int,
    Field(ge=-LARGEST_ID - 1, le=LARGEST_ID, description="The id of a picture.", examples=[12]),
]
UploadId = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{32}$",
        description="The id that an upload was answered with.",
        examples=["9f86d081884c7d659a2feaa0c55ad015"],
    ),
]
Share = Annotated[float, Field(ge=0, le=1)]
Box = Annotated[
    Annotated[list[Share], Field(min_length=4, max_length=4), AfterValidator(_region)] | None,
    Field(
        description="Look only at this part of the picture: left, top, right, bottom, as shares "
        "of its upright width and height.",
        examples=[[0.1, 0.2, 0.6, 0.8]],
    ),
]
Where = Annotated[
    list[Text],
    Field(
        max_length=16,
        description="Conditions that every picture meets, all of them.",
        examples=[["folder = cats and width >= 800", "price < 20"]],
    ),
]
Skip = Annotated[int, Field(ge=0, le=DEEPEST, description="So many are passed over first.")]
Top = Annotated[int, Field(ge=1, le=MOST, description="At most so many are returned.")]
Within = Annotated[
    Annotated[float, Field(ge=0, le=1e30)] | None,
    Field(description="Only pictures up to this distance.", examples=[0.25]),
]
Likely = Annotated[
    Annotated[float, Field(gt=0, le=1)] | None,
    Field(
        description="Only pictures that are the same one, perhaps edited, at least so probably.",
        examples=[0.8],
    ),
]
