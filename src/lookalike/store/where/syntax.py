"""What a condition is made of, and how it is written.

    condition = both { "or" both }
    both      = single { "and" single }
    single    = "not" single | "(" condition ")" | test
    test      = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
              | field [ "not" ] "in" "(" value { "," value } ")"
              | field [ "not" ] "like" value
              | field "is" [ "not" ] "missing"
    field     = value
    value     = word | quoted in " or in '

Within quotes the quote itself is doubled. A number of bytes may stand apart from its unit: 2 MB.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lookalike.errors import BadParameter

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "in", "like", "missing"]

KEYWORDS = frozenset({"and", "or", "not", "in", "like", "is", "missing"})

# A word ends where a blank, a quote, a comma, a parenthesis or an operator begins.
WORD = re.compile(r"""[^\s"'(),=<>!]+""")

_AROUND = 40


@dataclass(frozen=True)
class Place:
    """A stretch of a condition as it was typed."""

    source: str = ""
    start: int = 0
    end: int = 0

    def error(self, message: str) -> BadParameter:
        """Return an error that shows the place: ``width is …: folder = cats and width > ▶big◀``."""
        before, here = self.source[: self.start], self.source[self.start : self.end]
        after = self.source[self.end :]
        before = before if len(before) <= _AROUND else "…" + before[-_AROUND:]
        after = after if len(after) <= _AROUND else after[:_AROUND] + "…"
        here = here if len(here) <= 2 * _AROUND else here[: 2 * _AROUND] + "…"
        return BadParameter(f"{message}: {before}▶{here}◀{after}")


@dataclass(frozen=True)
class Word:
    """A field's name or a value, without its quotes, and where it stands."""

    text: str
    place: Place = dataclasses.field(default=Place(), compare=False, repr=False)


@dataclass(frozen=True)
class Check:
    """One field held against values: one, for ``in`` one or more, for ``missing`` none.

    `place` is that of the operator.
    """

    field: Word
    operator: Operator
    values: tuple[Word, ...]
    place: Place = dataclasses.field(default=Place(), compare=False, repr=False)


@dataclass(frozen=True)
class Not:
    """What holds if its part does not."""

    part: Condition


@dataclass(frozen=True)
class All:
    """What holds if all of its parts do; two or more."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Either:
    """What holds if one of its parts does; two or more."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = "Check | Not | All | Either"


def written(condition: Condition) -> str:
    """Return a condition as text; parsed, it gives the same condition."""
    if isinstance(condition, Either):
        return " or ".join(_within(part, Either) for part in condition.parts)
    if isinstance(condition, All):
        return " and ".join(_within(part, All, Either) for part in condition.parts)
    if isinstance(condition, Not):
        return f"not {_within(condition.part, All, Either)}"
    name = _quoted(condition.field.text)
    values = [_quoted(value.text) for value in condition.values]
    if condition.operator == "missing":
        return f"{name} is missing"
    if condition.operator == "in":
        return f"{name} in ({', '.join(values)})"
    return f"{name} {condition.operator} {values[0]}"


def _within(part: Condition, *looser: type) -> str:
    return f"({written(part)})" if isinstance(part, looser) else written(part)


def _quoted(text: str) -> str:
    if WORD.fullmatch(text) and text.lower() not in KEYWORDS:
        return text
    return '"' + text.replace('"', '""') + '"'
