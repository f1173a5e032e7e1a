"""Searches and their answers, as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Discriminator, Field, Tag, field_validator

from lookalike.interfaces.http.models.base import (
    Asked,
    Box,
    Likely,
    Parameters,
    PictureId,
    Shown,
    Skip,
    Text,
    Told,
    Top,
    UploadId,
    Where,
    Within,
    example,
)
from lookalike.interfaces.http.problems import Problem

_KINDS = ("id", "upload", "url", "words", "vector")

# Sums of squares of so many such numbers still are finite as float32.
_LARGEST = 1e15

_BOX = r"^[0-9.]{1,20}(,[0-9.]{1,20}){3}$"


class _Part(Asked):
    weight: float = Field(
        default=1.0,
        ge=-10,
        le=10,
        description="How much it counts; below 0 the search goes away from it. Not 0.",
        json_schema_extra={"not": {"const": 0}},
        examples=[1.0, -0.5],
    )

    @field_validator("weight")
    @classmethod
    def _counts(cls, weight: float) -> float:
        if weight == 0:
            raise ValueError("a part of no weight says nothing; leave it out")
        return weight


class _Pictured(_Part):
    box: Box = None


class _Elsewhere(_Pictured):
    path: Text | None = Field(
        default=None,
        description="Where you have the picture, if it is on the server's machine: a match that is "
        "this very file is left out. Nothing is read there.",
    )


class PartById(_Pictured):
    """A picture of the gallery."""

    id: PictureId


class PartByUpload(_Elsewhere):
    """A picture that was uploaded."""

    upload: UploadId


class PartByUrl(_Elsewhere):
    """A picture that the server fetches, where it may."""

    url: Text = Field(examples=["https://shop.example/photo.jpg"])


class PartByWords(_Part):
    """Words, for a descriptor that understands them."""

    words: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")] = Field(
        examples=["a red shirt"]
    )


class PartByVector(_Part):
    """A vector, as the descriptor would give it."""

    vector: list[Annotated[float, Field(ge=-_LARGEST, le=_LARGEST)]] = Field(
        min_length=1, max_length=16384, examples=[[0.25, -0.5, 0.125]]
    )


def _kind(part: object) -> str | None:
    given = vars(part) if isinstance(part, BaseModel) else part
    found = [kind for kind in _KINDS if isinstance(given, dict) and kind in given]
    return found[0] if len(found) == 1 else None


def _one_of(*kinds: str) -> Discriminator:
    return Discriminator(
        _kind,
        custom_error_type="part",
        custom_error_message=f"a part has exactly one of {', '.join(kinds)}",
    )


_ById = Annotated[PartById, Tag("id")]
_ByUpload = Annotated[PartByUpload, Tag("upload")]
_ByUrl = Annotated[PartByUrl, Tag("url")]
_ByWords = Annotated[PartByWords, Tag("words")]
_ByVector = Annotated[PartByVector, Tag("vector")]

Part = Annotated[_ById | _ByUpload | _ByUrl | _ByWords | _ByVector, _one_of(*_KINDS)]
"""One of several things that are searched with at once."""

PicturePart = Annotated[_ById | _ByUpload | _ByUrl, _one_of(*_KINDS[:3])]
"""A part that is a picture."""

Descriptor = Annotated[
    Text | None,
    Field(
        description="One of the gallery's descriptors; its first if left out, for words the first "
        "that understands them.",
        examples=["glance"],
    ),
]
Metric = Annotated[
    Text | None,
    Field(description="Another metric than the descriptor's own.", examples=["euclidean"]),
]
Index = Annotated[
    Text | None,
    Field(
        description="`exact`, or an index that was built; the one chosen for this gallery if left "
        "out.",
        examples=["hnsw:ef=64"],
    ),
]


class JudgedUpload(Asked):
    """A picture that was uploaded, as an answer that is good or bad."""

    upload: UploadId


Judged = Annotated[list[PictureId | JudgedUpload], Field(max_length=100)]
"""Answers that are good or bad: ids of pictures of the gallery, and uploads."""


class Search(Asked):
    """What is searched with, and how."""

    model_config = example(parts=[{"id": 12}], top=20)

    parts: list[Part] = Field(
        default=[],
        max_length=16,
        description="What is searched with; none if `like` says it all.",
        examples=[[{"id": 12}, {"upload": "9f86d081884c7d659a2feaa0c55ad015", "weight": -0.5}]],
    )
    like: Judged = Field(
        default=[],
        description="Good answers: ids, or uploads.",
        examples=[[3, {"upload": "9f86d081884c7d659a2feaa0c55ad015"}]],
    )
    unlike: Judged = Field(default=[], description="Bad answers: ids, or uploads.", examples=[[7]])
    top: Top | None = Field(
        default=20,
        description="At most so many matches; null for all there are, up to 1000.",
        examples=[20],
    )
    skip: Skip = 0
    within: Within = None
    descriptor: Descriptor = None
    metric: Metric = None
    index: Index = None
    where: Where = Field(default=[])
    min_probability: Likely = None


class How(Parameters):
    """How is searched, behind the question mark of an address."""

    top: Top = 20
    skip: Skip = 0
    within: Within = None
    descriptor: Descriptor = None
    metric: Metric = None
    index: Index = None
    where: Where = Field(default=[])
    min_probability: Likely = None


class HowUploaded(How):
    """How is searched with the picture that comes along."""

    box: str | None = Field(
        default=None,
        pattern=_BOX,
        description="Look only at this part of the picture: left, top, right, bottom, as shares "
        "of its upright width and height.",
        examples=["0.1,0.2,0.6,0.8"],
    )
    path: Text | None = Field(
        default=None,
        description="Where you have the picture, if it is on the server's machine: a match that is "
        "this very file is left out. Nothing is read there.",
    )


class Match(Told):
    """One answer."""

    rank: int = Field(description="From 1; those passed over count.", examples=[1])
    id: int = Field(description="Search with it for more like this one.", examples=[12])
    path: Shown = Field(examples=["/home/ada/Pictures/cats/tom.jpg"])
    name: str = Field(examples=["tom.jpg"])
    distance: float = Field(description="Smaller is nearer; its scale is the metric's.")
    similarity: float = Field(description="1 for equal vectors. Not a probability.")
    probability: float | None = Field(
        description="That it is the same picture, perhaps edited; null where that is not known."
    )
    identical: bool = Field(description="The file is the query's, byte for byte.")
    width: int = Field(description="Pixels, upright.", examples=[1600])
    height: int = Field(description="Pixels, upright.", examples=[1200])
    format: str = Field(examples=["JPEG"])
    bytes: int = Field(description="Size of the file.", examples=[218734])
    sha256: str = Field(description="Of the file's bytes, in hexadecimal.")
    verdict: str = Field(
        description="How alike, in words.", examples=["probably the same picture (73%)"]
    )
    thumbnail: str = Field(examples=["/v1/galleries/cats/pictures/12/thumbnail?v=9f86d081884c"])


class Answer(Told):
    """The matches, nearest first, and how they were found."""

    gallery: str = Field(examples=["cats"])
    descriptor: str = Field(description="The descriptor's key.")
    label: str = Field(description="What the descriptor is called.", examples=["glance"])
    metric: str = Field(examples=["cosine"])
    index: str = Field(description="What was searched through.", examples=["exact"])
    recall: float | None = Field(
        description="The share of the nearest that this index finds; null if not measured."
    )
    searched: int = Field(description="Among so many different pictures.", examples=[9144])
    seconds: float = Field(description="From the query to the matches.", examples=[0.031])
    heading: str = Field(
        description="How they were found, in one line.",
        examples=["glance, cosine distance, among 9,144 different pictures"],
    )
    matches: list[Match]
    more: bool = Field(description="There are further matches behind these.")


class Batch(Asked):
    """Several searches."""

    model_config = example(
        searches=[{"parts": [{"id": 12}], "top": 5}, {"parts": [{"id": 15}], "top": 5}]
    )

    searches: list[Search] = Field(
        min_length=1,
        max_length=64,
        examples=[[{"parts": [{"id": 12}], "top": 5}, {"parts": [{"id": 15}], "top": 5}]],
    )


class Failed(Told):
    """A search of a batch that went wrong; the others go on."""

    problem: Problem


class Answers(Told):
    """What each search of a batch found, in their order."""

    answers: list[Answer | Failed]
