"""What a person types after `--where` → a condition."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from lookalike.store.where.syntax import (
    KEYWORDS,
    WORD,
    All,
    Check,
    Condition,
    Either,
    Not,
    Operator,
    Place,
    Word,
)
from lookalike.store.where.values import NUMBER, UNITS

T = TypeVar("T")

# What SQLite is sure to take: its own limits are on depth and on the number of values.
_LONGEST = 200_000
_DEEPEST = 20
_MOST_VALUES = 5000

_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<quoted>"(?:[^"]|"")*"|'(?:[^']|'')*')
      | (?P<operator><=|>=|!=|<>|==|=|<|>)
      | (?P<mark>[(),])
      | (?P<word>{WORD.pattern})
    )""",
    re.VERBOSE,
)
_SPELLINGS = {"==": "=", "<>": "!="}
_TESTS = "= != < <= > >=, in (…), like, or is missing"


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    place: Place

    @property
    def keyword(self) -> str:
        """The keyword that this is, in lower case; empty if it is none."""
        lower = self.text.lower()
        return lower if self.kind == "word" and lower in KEYWORDS else ""


def parse(source: str) -> Condition:
    """Return the condition that a text writes; its grammar is in `syntax`.

    Raises
    ------
    BadParameter
        It is not one; the message shows the place.
    """
    if len(source) > _LONGEST:
        raise Place().error(f"a condition has at most {_LONGEST:,} characters")
    return _Parser(source).whole()


def _tokens(source: str) -> list[_Token]:
    found, at = [], 0
    end = len(source.rstrip())
    while at < end:
        match = _TOKEN.match(source, at)
        if match is None:
            start = at + len(source[at:]) - len(source[at:].lstrip())
            unclosed = source[start] in "\"'"
            why = "this quote is not closed" if unclosed else "this has no meaning here; quote it"
            raise Place(source, start, start + 1).error(why)
        kind = str(match.lastgroup)
        start, at = match.span(kind)
        found.append(_Token(kind, match[kind], Place(source, start, at)))
    return [*found, _Token("end", "", Place(source, end, end))]


class _Parser:
    """Recursive descent: one method a rule of the grammar."""

    def __init__(self, source: str) -> None:
        self.tokens = _tokens(source)
        self.at = 0
        self.depth = 0
        self.values = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def whole(self) -> Condition:
        if self.next.kind == "end":
            raise self.next.place.error("a condition is missing, for example width >= 800")
        condition = self.condition()
        if self.next.kind != "end":
            raise self.next.place.error("only and, or, or the end can follow here")
        return condition

    def condition(self) -> Condition:
        parts = self._joined("or", self.both)
        return parts[0] if len(parts) == 1 else Either(parts)

    def both(self) -> Condition:
        parts = self._joined("and", self.single)
        return parts[0] if len(parts) == 1 else All(parts)

    def single(self) -> Condition:
        opening = self.next
        negated = self._took("not")
        if not negated and not self._took("("):
            return self.test()
        self.depth += 1
        if self.depth > _DEEPEST:
            raise opening.place.error(f"more than {_DEEPEST} levels deep; write it flatter")
        inner: Condition = Not(self.single()) if negated else self.condition()
        if not negated and not self._took(")"):
            raise self.next.place.error("a parenthesis ) is missing")
        self.depth -= 1
        return inner

    def test(self) -> Condition:
        field = self._word("a field is missing, such as folder, width or taken")
        negated, place = self._took("not"), self.next.place
        if not negated and self.next.kind == "operator":
            spelled = self._taken().text
            operator = cast("Operator", _SPELLINGS.get(spelled, spelled))
            return Check(field, operator, (self.value(),), place)
        if not negated and self._took("is"):
            negated = self._took("not")
            if not self._took("missing"):
                raise self.next.place.error("after is there is only missing, or not missing")
            found = Check(field, "missing", (), place)
        elif self._took("like"):
            found = Check(field, "like", (self.value(),), place)
        elif self._took("in"):
            found = Check(field, "in", self._list(), place)
        else:
            raise self.next.place.error(f"what about {field.text}? After a field comes {_TESTS}")
        return Not(found) if negated else found

    def value(self) -> Word:
        self.values += 1
        if self.values > _MOST_VALUES:
            raise self.next.place.error(f"more than {_MOST_VALUES:,} values; use a column")
        word = self._word("a value is missing")
        if NUMBER.fullmatch(word.text) and self.next.text.lower() in UNITS:  # 2 MB
            unit = self._taken()
            whole = Place(word.place.source, word.place.start, unit.place.end)
            return Word(word.text + unit.text, whole)
        return word

    def _list(self) -> tuple[Word, ...]:
        if not self._took("("):
            raise self.next.place.error("after in comes a list, such as (2020, 2021)")
        values = self._joined(",", self.value)
        if not self._took(")"):
            raise self.next.place.error("a comma or the parenthesis ) is missing")
        return values

    def _joined(self, by: str, rule: Callable[[], T]) -> tuple[T, ...]:
        parts = [rule()]
        while self._took(by):
            parts.append(rule())
        return tuple(parts)

    def _word(self, otherwise: str) -> Word:
        token = self.next
        if token.keyword:
            raise token.place.error(f"{otherwise}; if this is meant, quote it")
        if token.kind not in ("word", "quoted"):
            raise token.place.error(otherwise)
        self.at += 1
        if token.kind == "word":
            return Word(token.text, token.place)
        quote = token.text[0]
        return Word(token.text[1:-1].replace(quote * 2, quote), token.place)

    def _taken(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def _took(self, wanted: str) -> bool:
        """Go past a keyword or a mark, if it stands here."""
        found = self.next.text if self.next.kind == "mark" else self.next.keyword
        self.at += found == wanted
        return found == wanted
