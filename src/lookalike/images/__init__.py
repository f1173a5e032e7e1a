"""Path, bytes or array → upright sRGB uint8 (H, W, 3), bounded in size."""

from lookalike.images.decoding import MAX_PIXELS
from lookalike.images.files import MAX_BYTES, read_bytes
from lookalike.images.formats import FormatSupport, formats, suffixes
from lookalike.images.loading import PictureFacts, Source, load, load_views, probe
from lookalike.images.views import FULL, Image, View, fit

__all__ = [
    "FULL",
    "MAX_BYTES",
    "MAX_PIXELS",
    "FormatSupport",
    "Image",
    "PictureFacts",
    "Source",
    "View",
    "fit",
    "formats",
    "load",
    "load_views",
    "probe",
    "read_bytes",
    "suffixes",
]
