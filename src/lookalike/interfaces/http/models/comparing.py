"""Pictures beside each other, as JSON."""

from __future__ import annotations

from pydantic import Field

from lookalike.interfaces.http.models.base import Asked, Text, Told, example
from lookalike.interfaces.http.models.searching import PicturePart


class CompareWanted(Asked):
    """What is to be compared with the first of it."""

    model_config = example(parts=[{"id": 12}, {"id": 15}])

    parts: list[PicturePart] = Field(
        min_length=2, max_length=8, examples=[[{"id": 12}, {"id": 15}, {"id": 19}]]
    )
    descriptors: list[Text] = Field(
        default=[],
        max_length=16,
        description="By which; by those of the gallery if there are none.",
        examples=[["glance", "hsv_histogram"]],
    )


class ComparedPicture(Told):
    """One of the pictures."""

    name: str = Field(examples=["tom.jpg"])
    width: int = Field(description="Pixels, upright.", examples=[1600])
    height: int = Field(description="Pixels, upright.", examples=[1200])
    thumbnail: str


class ComparedRow(Told):
    """What one descriptor says about the others beside the first picture."""

    descriptor: str = Field(description="The descriptor's key.")
    label: str = Field(examples=["glance"])
    metric: str = Field(examples=["cosine"])
    distances: list[float] = Field(description="From the first picture to each of the others.")
    similarities: list[float] = Field(description="The same; 1 for equal vectors.")
    nearer: int | None = Field(
        description="Which of the others is nearest, from 0; null if two are equally near."
    )


class Compared(Told):
    """Pictures beside each other."""

    pictures: list[ComparedPicture]
    rows: list[ComparedRow]
    histograms: list[list[float]] = Field(
        description="Of each picture, how often each of the 256 channel values occurs."
    )
