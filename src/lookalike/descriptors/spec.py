"""What a person types for a descriptor → the descriptor.

    spec  = part { "+" part }
    part  = [ weight "*" ] name [ ":" value { "," value } ]
    value = parameter "=" text  |  text            (the text alone is the first parameter)

``hsv_histogram:bins=8x8x8`` · ``vgg16:layer=fc2`` · ``network:./own.onnx`` ·
``0.5*hsv_histogram+0.3*lbp+0.2*hog``. More than one part makes a `combined` descriptor.
A name that is not a descriptor but a network's card stands for ``network:card=NAME``.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from functools import cache
from typing import Any

from lookalike.descriptors.base import Descriptor
from lookalike.errors import BadParameter, UnknownName
from lookalike.networks import card_names
from lookalike.registry import Registry

DESCRIPTORS: Registry[Descriptor] = Registry(
    "descriptor", Descriptor, "lookalike.descriptors", frozenset({"base", "blend", "colour", "histograms", "spec"})  # type: ignore[type-abstract]
)

# A plus sign between parts, but not one inside a number ("1e+3") or a file's name.
_BETWEEN_PARTS = re.compile(r"\+(?=(?:[0-9.]+\*)?[a-z][a-z0-9_]*(?:$|[:+]))")
_WEIGHT = re.compile(r"(?P<weight>[0-9]*\.?[0-9]+(?:e-?[0-9]+)?)\*(?P<rest>.*)", re.DOTALL)


def names() -> list[str]:
    """Return every name that `create` understands: descriptors, then cards of networks."""
    return DESCRIPTORS.names() + [n for n in card_names() if n not in DESCRIPTORS.names()]


@cache
def create(spec: str) -> Descriptor:
    """Return the descriptor that a spec describes; the same object for the same spec.

    Raises
    ------
    UnknownName
        No descriptor and no card has that name.
    BadParameter
        The descriptor has no such parameter, or the value does not fit it.
    """
    parts = [_weighed(text.strip()) for text in _BETWEEN_PARTS.split(spec.strip())]
    if len(parts) == 1 and parts[0][0] is None:
        return _single(parts[0][1])
    combined: Any = DESCRIPTORS.get("combined")
    return typing.cast(
        Descriptor,
        combined(
            parts=tuple(_single(text) for _, text in parts),
            weights=tuple(1.0 if weight is None else weight for weight, _ in parts),
        ),
    )


def _weighed(text: str) -> tuple[float | None, str]:
    if found := _WEIGHT.fullmatch(text):
        return float(found["weight"]), found["rest"]
    return None, text


def _single(text: str) -> Descriptor:
    name, _, values = text.partition(":")
    if name not in DESCRIPTORS.names():
        if name not in card_names():
            raise UnknownName("descriptor", name, names())
        name, values = "network", f"card={name}" + (f",{values}" if values else "")
    kind = DESCRIPTORS.get(name)
    return kind(**_parsed(kind, name, values))


def _parsed(kind: type[Descriptor], name: str, values: str) -> dict[str, object]:
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    types = typing.get_type_hints(kind)
    given: dict[str, object] = {}
    for position, item in enumerate(values.split(",") if values else []):
        key, equals, text = item.partition("=")
        if not equals and position == 0 and fields:
            key, text = next(iter(fields)), item
        if key not in fields:
            raise UnknownName(f"parameter of {name}", key, fields)
        given[key] = _converted(f"{name}:{key}", text, types[key])
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
