"""What there is: the server, its galleries and its descriptors, as JSON."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from lookalike.interfaces.http.models.base import Shown, Told


class Features(Told):
    """What this server lets be done."""

    urls: bool = Field(description="Pictures may be given by their address.")
    write: bool = Field(description="Galleries may be changed.")
    reveal: bool = Field(description="The file manager of this machine can be opened.")
    folders: bool = Field(description="Any folder of this machine may be indexed.")
    key: bool = Field(description="An API key is needed.")


class Limits(Told):
    """How much may be asked for."""

    upload_bytes: int = Field(examples=[52428800])
    pixels: int = Field(description="Of an uploaded picture.", examples=[100000000])
    queue: int = Field(description="Requests that may wait at a time.", examples=[64])


class About(Told):
    """What is served here."""

    name: str = Field(examples=["lookalike"])
    version: str = Field(examples=["0.1.0"])
    galleries: list[str] = Field(examples=[["cats", "shoes"]])
    features: Features
    limits: Limits


class KnownDescriptor(Told):
    """A way to describe pictures that this installation knows."""

    name: str = Field(examples=["glance"])
    summary: str = Field(description="What it sees.")
    ready: bool = Field(description="It can be used as it is: nothing to give, nothing to fetch.")


class Descriptors(Told):
    """The descriptors and metrics that this installation knows."""

    descriptors: list[KnownDescriptor]
    metrics: list[str] = Field(examples=[["cosine", "euclidean"]])


class GalleryDescriptor(Told):
    """A descriptor of a gallery."""

    key: str = Field(description="Name, version, parameters.")
    label: str = Field(description="What to type for it.", examples=["glance"])
    metric: str = Field(examples=["cosine"])
    dim: int = Field(examples=[256])
    pictures: int = Field(description="Different pictures that have its vector.", examples=[9144])
    has_words: bool = Field(description="It can be searched by words.")
    calibrated: list[str] = Field(
        description="Metrics by which it tells probabilities.", examples=[["cosine"]]
    )


class GalleryIndex(Told):
    """An index that searches go by, or that was built."""

    descriptor: str
    metric: str = Field(examples=["cosine"])
    spec: str = Field(examples=["hnsw:m=16"])
    recall: float | None = Field(description="The share of the ten nearest that it finds.")
    chosen: str = Field(
        description="auto, size (it fits into memory), tune or told (by a person): searches go by "
        "it. Empty: only if asked.",
        examples=["auto"],
    )
    why: Shown = Field("", description="Why it fits, where it was chosen by size.")


class Learned(Told):
    """What was fitted to a gallery's own vectors."""

    descriptor: str
    told: Shown = Field(description="What was measured of it.")


class Calibration(Told):
    """By which searches tell probabilities."""

    descriptor: str
    metric: str
    parameters: dict[str, Any] = Field(description="What the curve is made of.")
    pictures: int = Field(description="Of how many pictures it was learned.")
    made: str = Field(description="ISO 8601, UTC.")
    reliability: dict[str, Any] = Field(description="How it did on other pictures.")


class GalleryInfo(Told):
    """What is in a gallery."""

    name: str = Field(examples=["cats"])
    folders: list[Shown] = Field(description="What was indexed.")
    pictures: int = Field(description="Files that can be found.", examples=[9144])
    contents: int = Field(description="Different ones among them, by their bytes.")
    failures: int = Field(description="Files that could not be indexed.")
    kept: int = Field(description="Contents that no file has at present.")
    excluded: int = Field(description="Files and folders that are passed over.")
    marks: int = Field(description="Judgements of answers that were kept.")
    bytes: int = Field(description="Size on disk.")
    descriptors: list[GalleryDescriptor]
    indexes: list[GalleryIndex]
    learned: list[Learned]
    calibrations: list[Calibration]
    path: Shown | None = Field(description="Where it is; null where paths are not shown.")


class Galleries(Told):
    """The galleries of this server."""

    galleries: list[GalleryInfo]
