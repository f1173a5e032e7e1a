"""A TOML table → a frozen dataclass, refusing whatever does not fit."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from lookalike.errors import BadCard

T = TypeVar("T")

_SPOKEN = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def build(kind: type[T], table: Mapping[str, Any], where: str = "") -> T:
    """Return a dataclass whose fields are the keys of a table.

    Parameters
    ----------
    kind : type
        A dataclass of str, int, float, bool, Literal, tuples of them, mappings from names to
        dataclasses, and dataclasses, which may be None where the key is absent.
    table : mapping
        As `tomllib` gives it.
    where : str
        The dotted key under which the table stands, for messages.

    Raises
    ------
    BadCard
        An unknown key, a missing one, or a value of another type; the message names the key.
    """
    hints = typing.get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in table:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise BadCard(f"unknown key {where + key!r}; {hint}known: {', '.join(fields)}")
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING
        if required and field.default_factory is dataclasses.MISSING and name not in table:
            raise BadCard(f"the key {where + name!r} is missing")
    values = {key: _value(hints[key], table[key], where + key) for key in table}
    try:
        return kind(**values)
    except BadCard as error:  # from the dataclass, which does not know where it stands
        raise BadCard(f"[{where[:-1]}] {error}" if where else str(error)) from error


def _value(wanted: Any, value: Any, key: str) -> Any:
    origin, options = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is typing.Literal:
        if value not in options:
            raise BadCard(f"{key!r} is one of {', '.join(map(str, options))}, not {value!r}")
        return value
    if origin is tuple:
        return _items(options, value, key)
    if origin in (typing.Union, types.UnionType):
        return _value(options[0], value, key)
    if origin is not None or dataclasses.is_dataclass(wanted):
        if not isinstance(value, dict):
            raise BadCard(f"{key!r} is a table, not {value!r}")
        if origin is None:
            return build(wanted, value, f"{key}.")
        return {name: _value(options[1], item, f"{key}.{name}") for name, item in value.items()}
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted:  # not isinstance: true is no whole number
        raise BadCard(f"{key!r} is {_SPOKEN[wanted]}, not {value!r}")
    return value


def _items(options: tuple[Any, ...], value: Any, key: str) -> tuple[Any, ...]:
    endless = options[-1] is Ellipsis
    if not isinstance(value, list) or not (endless or len(value) == len(options)):
        count = "" if endless else f" of {len(options)}"
        raise BadCard(f"{key!r} is a list{count}, not {value!r}")
    return tuple(_value(options[0], item, f"{key}[{place}]") for place, item in enumerate(value))
