"""A bucket → what is in it, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from lookalike.places.addresses import scheme
from lookalike.places.found import Found

# By which name each store tells it.
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def at(files: Any, place: str) -> Found | None:
    """Return the object at an address; None if there is none of exactly that name."""
    told = files.info(place)
    return None if told["type"] == "directory" else _found(place, told)


def in_s3(files: Any, place: str) -> Iterator[Found]:
    """Yield all objects below an address in S3, a thousand to a request."""
    bucket, _, key = place.partition("://")[2].partition("/")
    asked = {"Bucket": bucket, "Prefix": f"{key}/" if key else ""}
    while True:
        page = files.call_s3("list_objects_v2", **asked)
        for told in page.get("Contents", ()):
            yield _found(f"s3://{bucket}/{told['Key']}", {**told, "size": told["Size"]})
        if not page.get("IsTruncated"):
            return
        asked["ContinuationToken"] = page["NextContinuationToken"]


def below(
    files: Any,
    place: str,
    goes_into: Callable[[str], bool],
    tell: Callable[[str, Exception], None],
) -> Iterator[Found]:
    """Yield all objects below an address, one request or more to a folder.

    Parameters
    ----------
    files : fsspec.AbstractFileSystem
    place : str
    goes_into : callable
        Asked for the address of each folder.
    tell : callable
        Told of folders that cannot be listed, and why.
    """
    kind = scheme(place)
    waiting = [place]
    while waiting:
        folder = waiting.pop()
        try:
            entries = files.ls(folder, detail=True)
        except Exception as error:  # whatever the library of this store raises
            tell(folder, error)
            continue
        folders = []
        for told in sorted(entries, key=lambda one: str(one["name"])):
            address = f"{kind}://{told['name'].lstrip('/')}"
            if told["type"] != "directory":
                yield _found(address, told)
            elif (inner := address.rstrip("/")) != folder and goes_into(inner):
                folders.append(inner)
        waiting.extend(reversed(folders))


def _found(address: str, told: Mapping[str, Any]) -> Found:
    etag = str(told.get("ETag") or told.get("etag") or "").strip('"')
    return Found(address, int(told.get("size") or 0), _mtime_ns(told), etag)


def _mtime_ns(told: Mapping[str, Any]) -> int:
    when = next((told[name] for name in _TIMES if told.get(name)), None)
    if isinstance(when, str):
        when = datetime.fromisoformat(when.replace("Z", "+00:00"))
    if not isinstance(when, datetime):
        return int((when or 0) * 10**9)
    aware = when if when.tzinfo else when.replace(tzinfo=timezone.utc)
    return (aware - _EPOCH) // timedelta(microseconds=1) * 1000
