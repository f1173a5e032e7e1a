"""Pictures to search with, as JSON."""

from __future__ import annotations

from pydantic import Field

from lookalike.interfaces.http.models.base import Asked, Text, Told


class Address(Asked):
    """Where a picture is to be fetched."""

    url: Text = Field(examples=["https://shop.example/photo.jpg"])


class Uploaded(Told):
    """A picture to search with, which is kept for a while."""

    id: str = Field(
        description="Name it by this in a search.", examples=["9f86d081884c7d659a2feaa0c55ad015"]
    )
    sha256: str = Field(description="Of its bytes, in hexadecimal.")
    width: int = Field(description="Pixels, upright.", examples=[1600])
    height: int = Field(description="Pixels, upright.", examples=[1200])
    format: str = Field(examples=["JPEG"])
    bytes: int = Field(examples=[218734])
    thumbnail: str = Field(
        examples=["/v1/uploads/9f86d081884c7d659a2feaa0c55ad015/thumbnail"],
    )
