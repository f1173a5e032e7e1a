"""The values of a condition: text → numbers, dates, true and false."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from lookalike.store.where.syntax import Word

NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")

UNITS = {
    **{"b": 1, "byte": 1, "bytes": 1},
    **{"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12},
    **{"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40},
}

_FLAGS = {"true": True, "yes": True, "false": False, "no": False}

_DATE = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"([T ](?P<hour>\d\d)(:(?P<minute>\d\d)(:(?P<second>\d\d))?)?)?)?)?",
    re.ASCII,
)

# Sorts behind every character of a date.
_BEHIND = "~"


def number(word: Word, units: bool = False) -> float:
    """Return a number; with `units`, of bytes: ``2 MB``."""
    match = NUMBER.match(word.text)
    unit = word.text[match.end() :].strip().lower() if match else ""
    if match is None or (unit and not (units and unit in UNITS)):
        example = "2000000 or 2 MB" if units else "800"
        raise word.place.error(f"a number is meant here, such as {example}, not {word.text!r}")
    # A whole number that SQLite cannot hold is as good as a float.
    value = float(match[0])
    if match[0].lstrip("+-").isdigit() and abs(value) < 2**62:
        return int(match[0]) * UNITS.get(unit, 1)
    return value * UNITS.get(unit, 1)


def flag(word: Word) -> bool:
    """Return true or false, also as yes or no."""
    if word.text.lower() not in _FLAGS:
        raise word.place.error(f"true or false is meant here, not {word.text!r}")
    return _FLAGS[word.text.lower()]


@dataclass(frozen=True)
class Span:
    """A stretch of time: a year, a month, a day, an hour, a minute or a second.

    Attributes
    ----------
    start, end : str
        Every date in it, in ISO 8601, sorts from `start` on and before `end`. Neither need be a
        date: what begins with 2021-05 sorts from "2021-05" on and before "2021-05~".
    seconds : (float, float)
        The same as seconds since 1970, by this machine's time zone.
    """

    start: str
    end: str
    _first: datetime.datetime
    _unit: str

    @property
    def seconds(self) -> tuple[float, float]:
        """The stretch in seconds since 1970."""
        return self._first.timestamp(), _following(self._first, self._unit).timestamp()


def span(word: Word) -> Span:
    """Return the stretch of time that a date names, be it exact or not."""
    match = _DATE.fullmatch(word.text)
    given = {k: int(v) for k, v in match.groupdict().items() if v} if match else {}
    try:
        first = datetime.datetime(**{"month": 1, "day": 1, **given})  # type: ignore[arg-type]
    except (ValueError, TypeError):
        raise word.place.error(
            "a date is meant here, such as 2021, 2021-05, 2021-05-01 or "
            f'"2021-05-01 12:30", not {word.text!r}'
        ) from None
    start = word.text.replace(" ", "T")
    return Span(start, start + _BEHIND, first, list(given)[-1])


def _following(first: datetime.datetime, unit: str) -> datetime.datetime:
    if unit == "year":
        return first.replace(year=first.year + 1)
    if unit == "month":
        return (first + datetime.timedelta(days=31)).replace(day=1)
    return first + datetime.timedelta(**{f"{unit}s": 1})
