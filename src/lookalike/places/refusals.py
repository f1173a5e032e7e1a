"""What libraries raise where an address is not read → what it means, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lookalike.errors import (
    MissingPicture,
    PictureError,
    UnreachablePicture,
    UnreadablePicture,
    UsageError,
)
from lookalike.places.addresses import scheme

# By their names, as the libraries need not be installed.
_NO_CREDENTIALS = frozenset(
    {
        "CredentialRetrievalError",
        "DefaultCredentialsError",
        "NoAuthTokenError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "ProfileNotFound",
        "RefreshError",
        "SSOTokenLoadError",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
    }
)
_BAD_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidToken",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)
_TRANSIENT = (408, 425, 429)

_HOW = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE; for a bucket that is "
    "open to all, FSSPEC_S3_ANON=true",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS; for a bucket that is open to all, "
    "FSSPEC_GS_TOKEN=anon",
}
_HOW_ELSE = "name its user and password in ~/.netrc"


@dataclass(frozen=True)
class Refusal:
    """Why something at an address was not read.

    Attributes
    ----------
    kind : str
        ``missing``: nothing there. ``refused``: no right to it. ``unknown``: who asks is not known
        there, so that nothing can be read. ``unreachable``: no answer, for now.
    why : str
        The same as the rest of a sentence.
    detail : str
        What the library says; it may name machines that are nobody's business but the owner's.
    """

    kind: Literal["missing", "refused", "unknown", "unreachable"]
    why: str
    detail: str = ""

    @property
    def told(self) -> str:
        """All of it, as the rest of a sentence."""
        return f"{self.why} ({self.detail})" if self.detail else self.why

    def of_picture(self, address: str) -> PictureError:
        """Return it as what is the matter with one picture.

        Raises
        ------
        UsageError
            It would be the matter with every picture.
        """
        if self.kind == "unknown":
            raise self.of_place(address)
        if self.kind == "missing":
            return MissingPicture(address, "there is nothing at that address")
        if self.kind == "refused":
            return UnreadablePicture(address, self.why)
        return UnreachablePicture(address, f"{self.why}; the next run tries it again")

    def of_place(self, address: str) -> UsageError:
        """Return it as what is the matter with a place."""
        return UsageError(f"cannot look into {address}: {self.told}")


def refusal(error: BaseException, address: str) -> Refusal:
    """Return what an error of fsspec, or of what it goes by, means."""
    chain = _chain(error)
    told = str(error).strip().partition("\n")[0] or type(error).__name__
    how = _HOW.get(scheme(address), _HOW_ELSE)
    if any(type(one).__name__ in _NO_CREDENTIALS for one in chain):
        return Refusal("unknown", f"there are no credentials ({told}); {how}")
    code = next(filter(None, map(_code, chain)), "")
    status = next(filter(None, map(_status, chain)), 0)
    if code in _BAD_CREDENTIALS or status == 401:
        return Refusal("unknown", f"the credentials are not accepted ({code or status}); {how}")
    if status in (404, 410) or isinstance(error, FileNotFoundError):
        return Refusal("missing", "there is nothing at that address")
    if status == 403 or isinstance(error, PermissionError):
        return Refusal("refused", f"permission denied ({told}); {how}")
    if 400 <= status < 500 and status not in _TRANSIENT:
        return Refusal("refused", f"it is refused ({status}: {told})")
    return Refusal("unreachable", "it does not answer", f"{type(error).__name__}: {told}")


def is_transient(error: BaseException) -> bool:
    """Tell whether the same request may succeed a moment later."""
    status = _status(error)
    return not isinstance(error, PermissionError) and (
        not status or status >= 500 or status in _TRANSIENT
    )


def is_of_nothing(error: BaseException) -> bool:
    """Tell whether it is only that the beginning was asked for of what has no bytes at all."""
    return any(_status(one) == 416 for one in _chain(error))


def _chain(error: BaseException) -> list[BaseException]:
    chain = [error]
    while (below := chain[-1].__cause__) is not None and below not in chain:
        chain.append(below)
    return chain


def _code(error: BaseException) -> str:
    """Return the code of an error of S3."""
    response = getattr(error, "response", None)
    told = response.get("Error", {}) if isinstance(response, dict) else {}
    return str(told.get("Code", ""))


def _status(error: BaseException) -> int:
    """Return the status that was answered over HTTP; 0 for none."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        found = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    else:
        # Of Google's errors; with aiohttp a broken answer has a code, too, which nobody sent.
        name = "code" if type(error).__name__ == "HttpError" else "status"
        found = getattr(error, name, 0)
    return int(found) if isinstance(found, int) or str(found).isdecimal() else 0
