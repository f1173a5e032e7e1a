"""What a person types after a plugin's name → values for its dataclass fields.

    values = value { "," value }
    value  = parameter "=" text  |  text         (only the first: the text of the first parameter)

A comma or an equals sign that nothing of the above can follow or precede belongs to the text, so
that most file names can be typed as they are.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from typing import Any

from lookalike.errors import BadParameter, UnknownName

_BETWEEN_VALUES = re.compile(r",(?=\s*[a-z_][a-z0-9_]*\s*=)")
_VALUE = re.compile(r"(?:\s*(?P<key>[a-z_][a-z0-9_]*)\s*=)?(?P<text>.*)", re.DOTALL)


def parsed(
    kind: type[Any], name: str, values: str, given: dict[str, object] | None = None
) -> dict[str, object]:
    """Return what to make a plugin with.

    Parameters
    ----------
    kind : dataclass
        Its fields are the parameters.
    name : str
        What the plugin is called in messages.
    values : str
        As the module's documentation says; may be empty.
    given : dict, optional
        Values that are known already.

    Raises
    ------
    UnknownName
        There is no such parameter.
    BadParameter
        A value does not fit, is given twice, or is missing.
    """
    fields = {f.name: f for f in dataclasses.fields(kind) if f.init}
    types = typing.get_type_hints(kind)
    given = dict(given or {})
    for item in _BETWEEN_VALUES.split(values) if values.strip() else []:
        found = _VALUE.fullmatch(item)
        assert found is not None  # noqa: S101  (the pattern fits any text)
        free = [field for field in fields if field not in given]
        key = found["key"] or (free[0] if free else item.strip())
        if key not in fields:
            raise UnknownName(f"parameter of {name}", key, fields)
        if key in given:
            raise BadParameter(f"{name}:{key} is given twice; leave one out")
        given[key] = _converted(f"{name}:{key}", found["text"].strip(), types[key])
    for field in fields.values():
        if field.name not in given and _is_required(field):
            told = field.metadata.get("help", "a value")
            raise BadParameter(f"{name} needs {field.name}: {told}")
    return given


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is field.default_factory is dataclasses.MISSING


def _converted(what: str, text: str, wanted: Any) -> object:
    options = typing.get_args(wanted)
    if typing.get_origin(wanted) is typing.Literal:
        if text not in options:
            raise BadParameter(f"{what} is one of {', '.join(map(str, options))}, not {text!r}")
        return text
    if typing.get_origin(wanted) is tuple:
        return tuple(_converted(what, part, options[0]) for part in text.split("x"))
    if wanted is bool:
        if text.lower() not in ("true", "false"):
            raise BadParameter(f"{what} is true or false, not {text!r}")
        return text.lower() == "true"
    try:
        return wanted(text)
    except (TypeError, ValueError):
        kind = {int: "a whole number", float: "a number"}.get(wanted, str(wanted))
        raise BadParameter(f"{what} is {kind}, not {text!r}") from None
