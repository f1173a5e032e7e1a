"""The pieces of a page that asks nothing of any other host."""

from __future__ import annotations

import base64
import hashlib
import io
from html import escape
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from lookalike.images import Image
from lookalike.places import is_url
from lookalike.show.wording import readable

_QUALITY = 82


def text(written: str) -> str:
    """Return a text as HTML: escaped, and fit to be read."""
    return escape(readable(written))


def policy(style: str) -> str:
    """Return the Content-Security-Policy of a page: one style, pictures within, nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def data_uri(image: Image) -> str:
    """Return a picture (H, W, 3) uint8 as a JPEG within the page."""
    from PIL import Image as Pillow

    file = io.BytesIO()
    Pillow.fromarray(image).save(file, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def uri(path: str) -> str:
    """Return an address, or a path as a file URI; bytes that are no Unicode are kept."""
    return quote(path, safe="/:%") if is_url(path) else Path(path).absolute().as_uri()


def resource(name: str) -> str:
    """Return a text file that lies beside this one."""
    return files("lookalike.show").joinpath(name).read_text("utf-8")
