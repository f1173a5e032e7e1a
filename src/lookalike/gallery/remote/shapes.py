"""JSON → dataclasses: strict about what they need, whatever else there may be."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from lookalike.errors import LookalikeError

T = TypeVar("T")

JSON = Any
"""What `json.loads` returns."""


def shaped(kind: type[T], value: JSON, /, **known: object) -> T:
    """Make an object of a dataclass from a mapping with its fields' names.

    Parameters
    ----------
    kind : dataclass
    value : mapping
        Further keys are passed over; a field with a default may be missing.
    **known
        Fields that are not looked for.

    Raises
    ------
    LookalikeError
        Something is missing, or of another type.
    """
    if not isinstance(value, Mapping):
        raise _misshapen(kind.__name__, "an object", value)
    found = dict(known)
    for name, (hint, is_needed) in _fields(cast("Any", kind)).items():
        if name in value and name not in known:
            found[name] = _value(hint, value[name], f"{kind.__name__}.{name}")
        elif is_needed and name not in known:
            raise LookalikeError(f"the server's answer lacks {kind.__name__}.{name}{_ADVICE}")
    return kind(**found)


def part(value: JSON, name: str, kind: type[T]) -> T:
    """Return one value of a mapping, which must be of a type: int, float, str, bool, list, dict.

    Raises
    ------
    LookalikeError
        It is missing, or of another type.
    """
    if not isinstance(value, Mapping) or name not in value:
        raise LookalikeError(f"the server's answer lacks {name}{_ADVICE}")
    return cast("T", _value(kind, value[name], name))


def check_count(wanted: int, found: int) -> None:
    """Refuse an answer with more or fewer entries than were asked for."""
    if wanted != found:
        raise LookalikeError(f"the server has answered {found} of {wanted} questions{_ADVICE}")


_ADVICE = "; is it a Lookalike of another version?"


def _misshapen(name: str, wanted: str, value: JSON) -> LookalikeError:
    return LookalikeError(
        f"in the server's answer {name} is {type(value).__name__}, not {wanted}{_ADVICE}"
    )


@lru_cache(maxsize=64)
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """Return the type of each field, and whether it has no default."""
    hints = get_type_hints(kind)
    nothing = dataclasses.MISSING
    return {
        one.name: (hints[one.name], one.default is nothing and one.default_factory is nothing)
        for one in dataclasses.fields(kind)
    }


def _value(hint: Any, value: JSON, name: str) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _one_of(inner, value, name)
    if origin is Literal:  # a later version may know more words
        return _value(type(inner[0]), value, name)
    if origin in (tuple, list):
        return _several(origin, inner, value, name)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _by_name(inner[1], value, name)
    is_shaped = dataclasses.is_dataclass(hint)
    return shaped(cast("type[Any]", hint), value) if is_shaped else _plain(hint, value, name)


def _one_of(kinds: tuple[Any, ...], value: JSON, name: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    for kind in kinds:
        try:
            return _value(kind, value, name)
        except LookalikeError as error:
            wrong = error
    raise wrong


def _several(origin: Any, inner: tuple[Any, ...], value: JSON, name: str) -> Any:
    if not isinstance(value, list):
        raise _misshapen(name, "a list", value)
    if origin is list or inner[1:] == (...,):
        return origin(_value(inner[0], one, name) for one in value)
    if len(value) != len(inner):
        raise _misshapen(name, f"{len(inner)} values", value)
    return tuple(_value(kind, one, name) for kind, one in zip(inner, value, strict=True))


def _by_name(kind: Any, value: JSON, name: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _misshapen(name, "an object", value)
    return {key: _value(kind, one, f"{name}.{key}") for key, one in value.items()}


def _plain(kind: type, value: JSON, name: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is object:
        return value
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _misshapen(name, kind.__name__, value)
    return value
