"""Where pictures lie: folders of this machine, and the addresses of object stores and of the web.

A place is a `str` from `placed`: an absolute path as the system writes it, or an address such as
``s3://bucket/prefix``. Only what is indexed is read through here, never a picture that somebody
searches with: so nobody makes a server fetch things.
"""

from lookalike.places.addresses import is_url, parents, placed, separator
from lookalike.places.ahead import reader
from lookalike.places.found import Found
from lookalike.places.listing import Listing, exists, listing
from lookalike.places.reading import read_bytes

__all__ = [
    "Found",
    "Listing",
    "exists",
    "is_url",
    "listing",
    "parents",
    "placed",
    "read_bytes",
    "reader",
    "separator",
]
