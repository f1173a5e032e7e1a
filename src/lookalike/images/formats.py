"""Which picture formats are read here, and what tells them apart."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile


@dataclass(frozen=True)
class Format:
    """One picture format.

    Parameters
    ----------
    name : str
    suffixes : tuple of str
        Lower case, with the dot.
    begins : bytes
        A regular expression that the first bytes of every such file match.
    module, opener : str
        The class that opens it. Named one by one: Pillow's own search would also try plugins that
        start other programs, as the one for EPS does.
    feature : str
        What Pillow was built with if it can read this format; empty where it always can.
    """

    name: str
    suffixes: tuple[str, ...]
    begins: bytes
    module: str
    opener: str
    feature: str = ""

    def open_class(self) -> type[ImageFile]:
        """Import the class that opens such a file."""
        return cast("type[ImageFile]", getattr(importlib.import_module(self.module), self.opener))

    def missing(self) -> str:
        """Return what is missing to read this format and how to get it; empty if nothing is."""
        if self.name == "HEIF":
            try:
                importlib.import_module("pi_heif")
            except ImportError:
                return 'the package pi-heif is missing: pip install "pi-heif>=0.21"'
            return ""
        from PIL import features

        if self.feature and not features.check(self.feature):
            return (
                f"this Pillow was built without {self.name}: "
                'pip install --upgrade --force-reinstall "pillow>=11.3"'
            )
        return ""


@dataclass(frozen=True)
class FormatSupport:
    """Whether a picture format can be read on this machine.

    Parameters
    ----------
    name : str
    suffixes : tuple of str
        Lower case, with the dot.
    readable : bool
    note : str
        What is missing and how to get it; empty if the format is readable.
    """

    name: str
    suffixes: tuple[str, ...]
    readable: bool
    note: str


# The order matters once: "mif1" begins both AVIF and HEIF, and AVIF then names itself further on.
FORMATS = (
    Format(
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
        rb"\xff\xd8\xff",
        "PIL.JpegImagePlugin",
        "JpegImageFile",
        "jpg",
    ),
    Format(
        "PNG",
        (".png", ".apng"),
        rb"\x89PNG\r\n\x1a\n",
        "PIL.PngImagePlugin",
        "PngImageFile",
        "zlib",
    ),
    Format("WebP", (".webp",), rb"RIFF.{4}WEBP", "PIL.WebPImagePlugin", "WebPImageFile", "webp"),
    Format("GIF", (".gif",), rb"GIF8[79]a", "PIL.GifImagePlugin", "GifImageFile"),
    Format(
        "TIFF",
        (".tif", ".tiff"),
        rb"II[*+]\0|MM\0[*+]",
        "PIL.TiffImagePlugin",
        "TiffImageFile",
        "libtiff",
    ),
    Format(
        "BMP",
        (".bmp",),
        rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",
        "PIL.BmpImagePlugin",
        "BmpImageFile",
    ),
    Format(
        "AVIF",
        (".avif",),
        rb".{4}ftyp(?:avi[fs]|(?:mif1|msf1).{4}(?:.{4}){0,12}?avi[fs])",
        "PIL.AvifImagePlugin",
        "AvifImageFile",
        "avif",
    ),
    Format(
        "HEIF",
        (".heic", ".heif", ".hif"),
        rb".{4}ftyp(?:he[iv][cmsx]|mif1|msf1)",
        "pi_heif",
        "HeifImageFile",
    ),
    Format(
        "JPEG 2000",
        (".jp2", ".j2k", ".jpf", ".jpx"),
        rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  \r\n\x87\n",
        "PIL.Jpeg2KImagePlugin",
        "Jpeg2KImageFile",
        "jpg_2000",
    ),
    Format(
        "Netpbm",
        (".pbm", ".pgm", ".ppm", ".pnm", ".pfm"),
        rb"P[1-6f]\s+[#\d]",
        "PIL.PpmImagePlugin",
        "PpmImageFile",
    ),
)


def sniffed(data: bytes) -> Format | None:
    """Return the format that the first bytes speak of; names of files play no part."""
    return next((f for f in FORMATS if re.match(f.begins, data, re.DOTALL)), None)


def suffixes() -> frozenset[str]:
    """Return what a scan takes for pictures: suffixes in lower case, with the dot."""
    return frozenset(suffix for known in FORMATS for suffix in known.suffixes)


def formats() -> list[FormatSupport]:
    """Return every format with whether it can be read on this machine; for `doctor`."""
    notes = [known.missing() for known in FORMATS]
    return [
        FormatSupport(known.name, known.suffixes, not note, note)
        for known, note in zip(FORMATS, notes, strict=True)
    ]
