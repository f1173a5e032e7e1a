"""Everything that can go wrong, by name.

    LookalikeError
    ├── PictureError              this one picture cannot be read; the others go on
    │   ├── MissingPicture            nothing there
    │   ├── NotAFile                  a folder, a pipe, a loop of links
    │   ├── UnreadablePicture         the system refuses to read it
    │   ├── UnreachablePicture        its place does not answer, for now
    │   ├── EmptyPicture              zero bytes
    │   ├── UnknownFormat             the bytes are of no picture format that is read here
    │   ├── CorruptPicture            a picture format, but truncated or damaged
    │   ├── PictureTooLarge           more pixels or bytes than the limit
    │   └── PictureTooSlow            decoding it takes longer than the limit
    ├── UsageError                what was asked for does not exist or does not fit
    │   ├── UnknownName               no descriptor, metric, index … of that name
    │   ├── BadParameter              a value that does not fit its parameter
    │   └── ForbiddenAddress          an address that is not fetched from, such as a private one
    ├── GalleryError              the gallery on disk
    │   ├── GalleryMissing            nothing there yet
    │   ├── GalleryBusy               another process is writing
    │   ├── GalleryUnreachable        the gallery's engine does not answer, for now
    │   ├── GalleryTooNew             made by a later Lookalike
    │   ├── GalleryDamaged            the file is not a catalog, or a broken one
    │   └── NotIndexed                that folder, picture or descriptor is not in it
    ├── NetworkError              a neural network's file
    │   ├── BadCard                   its card is incomplete or contradicts the file
    │   ├── DownloadFailed            it could not be fetched
    │   └── ChecksumMismatch          it is not the file that the card names
    ├── TrainingFailed            a network cannot be trained further
    └── MissingExtra              an optional dependency is not installed

A message says what, why, and what to do next. Library code raises; only `interfaces` print or exit.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LookalikeError(Exception):
    """The root of every error that Lookalike raises on purpose."""


class PictureError(LookalikeError):
    """One picture cannot be read.

    Parameters
    ----------
    picture : str
        What names it to a person: its path, or "these bytes".
    why : str
        The reason, as the rest of the sentence "cannot read PICTURE: …".

    Attributes
    ----------
    reason : str
        The short, stable name of the reason, as the failures table keeps it.
    """

    reason = "unreadable"

    def __init__(self, picture: str, why: str) -> None:
        super().__init__(f"cannot read {picture}: {why}")
        self.picture = picture
        self.why = why


class MissingPicture(PictureError):
    """There is nothing at that path."""

    reason = "missing"


class NotAFile(PictureError):
    """The path leads to a folder, a pipe, a device, or a loop of symbolic links."""

    reason = "not-a-file"


class UnreadablePicture(PictureError):
    """The operating system refuses to read the file."""

    reason = "unreadable"


class UnreachablePicture(PictureError):
    """The address where it lies does not answer, for now; the next run tries it again."""

    reason = "unreachable"


class EmptyPicture(PictureError):
    """The file has zero bytes."""

    reason = "empty"


class UnknownFormat(PictureError):
    """The bytes are of no picture format that can be read here."""

    reason = "unknown-format"


class CorruptPicture(PictureError):
    """The bytes begin as a picture but are truncated or damaged."""

    reason = "corrupt"


class PictureTooLarge(PictureError):
    """The picture has more pixels, or the file more bytes, than the limit."""

    reason = "too-large"


class PictureTooSlow(PictureError):
    """Decoding the picture takes longer than is allowed; only decoding with a limit raises it."""

    reason = "too-slow"


class UsageError(LookalikeError):
    """What was asked for does not exist or does not fit."""


class UnknownName(UsageError):
    """No such descriptor, metric, index …; the message offers the nearest known name."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        super().__init__(f"no {kind} named {name!r}; {hint}known: {', '.join(known) or 'none'}")
        self.name = name


class BadParameter(UsageError):
    """A value that its parameter cannot take."""


class ForbiddenAddress(UsageError):
    """An address that nothing is fetched from, such as one of a private network."""


class GalleryError(LookalikeError):
    """Something about the gallery on disk."""


class GalleryMissing(GalleryError):
    """There is no gallery at that place."""


class GalleryBusy(GalleryError):
    """Another process is writing to the gallery."""


class GalleryUnreachable(GalleryError):
    """What keeps the gallery does not answer, for now; what was asked for may be asked again."""


class GalleryTooNew(GalleryError):
    """The gallery was written by a later version of Lookalike."""


class GalleryDamaged(GalleryError):
    """The catalog is not a Lookalike catalog, or a broken one."""


class NotIndexed(GalleryError):
    """That folder, picture or descriptor is not in the gallery."""


class NetworkError(LookalikeError):
    """Something about a neural network's file or card."""


class BadCard(NetworkError):
    """A network's card is incomplete, or does not fit the file."""


class DownloadFailed(NetworkError):
    """A network's file could not be fetched."""


class ChecksumMismatch(NetworkError):
    """A network's file is not the one that its card names."""


class TrainingFailed(LookalikeError):
    """A network cannot be trained further; what was reached is kept."""


class MissingExtra(LookalikeError):
    """An optional dependency is not installed; the message gives its install line."""

    def __init__(self, what: str, extra: str, install: str = "") -> None:
        install = install or f'pip install "lookalike[{extra}]"'
        super().__init__(f"{what} needs an extra: {install}")
        self.extra = extra
