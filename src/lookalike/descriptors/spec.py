"""What a person types for a descriptor → the descriptor.

    spec  = part { "+" part }
    part  = [ weight "*" ] name [ ":" value { "," value } ]
    value = parameter "=" text  |  text            (only the first: the text of the first parameter)

``hsv_histogram:bins=8x8x8`` · ``vgg16:fc2`` · ``network:./own.onnx`` ·
``0.5*hsv_histogram+0.3*lbp+0.2*hog``. More than one part, or a weight, makes a `combined` one.
A name that is not a descriptor but a network's card stands for ``network:card=NAME``.

A comma, a plus sign or an equals sign that nothing of the above can follow or precede belongs to
the text, so that most file names can be typed as they are.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from functools import lru_cache
from typing import Any

from lookalike.descriptors.base import Descriptor
from lookalike.errors import BadParameter, UnknownName
from lookalike.networks import card_names
from lookalike.registry import Registry

DESCRIPTORS: Registry[Descriptor] = Registry(
    "descriptor",
    Descriptor,  # type: ignore[type-abstract]
    "lookalike.descriptors",
    frozenset({"base", "blend", "colour", "histograms", "region", "spec", "together"}),
)

_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_NAME = r"[A-Za-z][A-Za-z0-9_-]*"
_BETWEEN_PARTS = re.compile(rf"\+(?=\s*(?:{_NUMBER}\s*\*\s*)?{_NAME}\s*(?:$|[:+]))")
_PART = re.compile(r"(?:(?P<weight>[^*:]*)\*)?(?P<name>[^:]*)(?::(?P<values>.*))?", re.DOTALL)
_BETWEEN_VALUES = re.compile(r",(?=\s*[a-z_][a-z0-9_]*\s*=)")
_VALUE = re.compile(r"(?:\s*(?P<key>[a-z_][a-z0-9_]*)\s*=)?(?P<text>.*)", re.DOTALL)


def names() -> list[str]:
    """Return every name that `create` understands: descriptors, then cards of networks."""
    own = DESCRIPTORS.names()
    return own + [name for name in card_names() if name not in own]


@lru_cache(maxsize=256)
def create(spec: str) -> Descriptor:
    """Return the descriptor that a spec describes.

    Parameters
    ----------
    spec : str
        As the module's documentation says. Case, and - for _, do not matter in names.

    Raises
    ------
    UnknownName
        No descriptor and no card has that name, or the descriptor has no such parameter.
    BadParameter
        A value does not fit its parameter, or a weight is not a positive number.
    """
    parts = [_part(text) for text in _BETWEEN_PARTS.split(spec)]
    weights = [weight for weight, _ in parts]
    if weights == [None]:
        return parts[0][1]
    combined: Any = DESCRIPTORS.get("combined")
    made = combined(
        parts=tuple(descriptor for _, descriptor in parts),
        weights=tuple(1.0 if weight is None else weight for weight in weights),
    )
    return typing.cast(Descriptor, made)


def _part(text: str) -> tuple[float | None, Descriptor]:
    found = _PART.fullmatch(text.strip())
    assert found is not None  # noqa: S101  (the pattern fits any text)
    weight, name, values = found["weight"], found["name"].strip(), found["values"] or ""
    if weight is None:
        return None, _single(name, values)
    if not re.fullmatch(_NUMBER, weight.strip()):
        raise BadParameter(f"the weight of {name} is a number such as 0.5, not {weight.strip()!r}")
    return float(weight), _single(name, values)


def _single(typed: str, values: str) -> Descriptor:
    name = typed if typed in names() else typed.lower().replace("-", "_")
    if name == "combined":
        raise BadParameter("combined is typed as a sum: 0.6*hsv_histogram+0.4*hog")
    given: dict[str, object] = {}
    if name not in DESCRIPTORS.names():
        if name not in card_names():
            raise UnknownName("descriptor", typed, names())
        name, given = "network", {"card": name}
    kind = DESCRIPTORS.get(name)
    given = _parsed(kind, name, values, given)
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        if field.name not in given and _is_required(field):
            told = field.metadata.get("help", "a value")
            raise BadParameter(f"{name} needs {field.name}: {told}")
    return kind(**given)


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is field.default_factory is dataclasses.MISSING


def _parsed(
    kind: type[Descriptor], name: str, values: str, given: dict[str, object]
) -> dict[str, object]:
    fields = [f.name for f in dataclasses.fields(kind)]  # type: ignore[arg-type]
    types = typing.get_type_hints(kind)
    given = dict(given)
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
    return given


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
