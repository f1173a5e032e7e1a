"""Path, bytes or array → upright sRGB uint8 (H, W, 3), bounded in size."""

from lookalike.images.decoding import MAX_PIXELS
from lookalike.images.files import MAX_BYTES, read_bytes
from lookalike.images.formats import FormatSupport, formats, suffixes
from lookalike.images.loading import Decoder, PictureFacts, Source, load, load_views, probe
from lookalike.images.processes import DecodingProcesses
from lookalike.images.views import FULL, Image, Region, View, fit

__all__ = [
    "FULL",
    "MAX_BYTES",
    "MAX_PIXELS",
    "Decoder",
    "DecodingProcesses",
    "FormatSupport",
    "Image",
    "PictureFacts",
    "Region",
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
