"""What a column that a person added can hold: numbers, text, dates, true and false."""

from __future__ import annotations

import datetime
import math
import numbers
import re
from collections.abc import Collection
from typing import Literal, TypeAlias

ColumnKind: TypeAlias = Literal["number", "text", "date", "flag"]

CALLED: dict[ColumnKind, str] = {
    "number": "numbers",
    "text": "text",
    "date": "dates",
    "flag": "true or false",
}

# Article numbers and post codes that begin with 0 stay text, and so does what has more digits than
# a float holds.
_NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]{0,14}|(0|[1-9][0-9]*)?\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)([T ](\d\d:\d\d)(:\d\d)?(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}

# How tables spell that there is no value; in a column of text only nothing at all is taken for it.
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})


def kind_of(value: object) -> ColumnKind | None:
    """Return what kind a value is; None if it stands for a missing one.

    Raises
    ------
    ValueError
        It is of no kind that can be kept.
    """
    if value is None or (isinstance(value, numbers.Number | datetime.date) and value != value):  # noqa: PLR0124
        return None
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):  # NumPy's is no bool
        return "flag"
    if isinstance(value, numbers.Number) and not isinstance(value, complex):
        return "number"
    if isinstance(value, datetime.date):
        return "date"
    if isinstance(value, str):
        return "text"
    raise ValueError(f"a {type(value).__name__} can be no value")


def fitting(text: str, kinds: Collection[ColumnKind]) -> frozenset[ColumnKind]:
    """Return those of some kinds that a text out of a table may be."""
    return frozenset(kind for kind in kinds if _fits(kind, text))


def _fits(kind: ColumnKind, text: str) -> bool:
    try:
        kept(kind, text)
    except ValueError:
        return False
    return True


def kept(kind: ColumnKind, value: object) -> int | float | str | None:
    """Return a value as the catalog keeps it; None if it is missing.

    Dates are kept as text in ISO 8601, those with a time zone in UTC; true as 1.

    Raises
    ------
    ValueError
        It is not of the kind.
    """
    if isinstance(value, str):
        return _text(value) if kind == "text" else _read(kind, value.strip())
    if (found := kind_of(value)) is None:
        return None
    if found != kind:
        raise ValueError(f"{value!r} does not fit: here are {CALLED[kind]}")
    if kind == "date":
        return _date(value)
    return bool(value) + 0 if kind == "flag" else _number(value)


def _text(text: str) -> str | None:
    if "\0" in text:
        raise ValueError("a zero byte can be in no value")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{text!r} is no proper text") from None
    return text or None


def _read(kind: ColumnKind, text: str) -> int | float | str | None:
    if text.lower() in MISSING:
        return None
    if kind == "number" and _NUMBER.fullmatch(text):
        return _number(float(text)) if re.search(r"[.eE]", text) else int(text)
    if kind == "flag" and text.lower() in _FLAGS:
        return int(_FLAGS[text.lower()])
    if kind == "date" and (match := _DATE.fullmatch(text)):
        day, time = match[1], match[2]
        if not time:
            return _date(datetime.date.fromisoformat(day))
        zone = (match[6] or "").replace("Z", "+00:00")
        clock = f"{match[3]}{match[4] or ':00'}"
        return _date(datetime.datetime.fromisoformat(f"{day}T{clock}{zone}"))
    raise ValueError(f"{text!r} does not fit: here are {CALLED[kind]}")


def _number(value: object) -> int | float:
    if isinstance(value, numbers.Integral) and abs(int(value)) < 2**63:
        return int(value)
    found = float(value)  # type: ignore[arg-type]
    if not math.isfinite(found):
        raise ValueError(f"{value!r} is no number that can be kept")
    return found


def _date(value: object) -> str:
    if not isinstance(value, datetime.datetime):
        assert isinstance(value, datetime.date)  # noqa: S101  (`kind_of` told so)
        return value.isoformat()
    if value.tzinfo is not None:
        try:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        except OverflowError:
            raise ValueError(f"{value} is before the year 1 or behind 9999 by UTC") from None
    return value.isoformat(timespec="seconds")
