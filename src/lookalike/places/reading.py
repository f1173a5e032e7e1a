"""A picture at its place → its bytes, or the reason why not."""

from __future__ import annotations

from lookalike import images
from lookalike.places.addresses import is_url


def read_bytes(path: str) -> bytes:
    """Return the bytes of a picture that is indexed, or is to be.

    Parameters
    ----------
    path : str
        A place, as of `placed`.

    Raises
    ------
    PictureError
        Of the kind that says why not: see `lookalike.images.read_bytes`. At an address nothing
        larger than `lookalike.images.MAX_BYTES` is fetched whole.
    MissingExtra
        What reads such addresses is not installed.
    """
    if is_url(path):
        from lookalike.places import remote

        return remote.read_bytes(path)
    return images.read_bytes(path)
