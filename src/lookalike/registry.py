"""Name → plugin.

A plugin is one class in one file whose name is the plugin's name. Files of a package are found by
listing it, which imports nothing; other distributions add theirs through an entry point.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from lookalike.errors import UnknownName, UsageError

T = TypeVar("T")


class Registry(Generic[T]):
    """The plugins of one kind.

    Parameters
    ----------
    kind : str
        What a plugin is called in messages: "descriptor", "index".
    base : type
        The class that every plugin derives from.
    package : str
        The dotted name of the package whose files are plugins; also the entry point group.
    helpers : frozenset of str
        Files of that package that are not plugins.
    """

    def __init__(self, kind: str, base: type[T], package: str, helpers: frozenset[str]) -> None:
        self.kind = kind
        self.base = base
        self.package = package
        self.helpers = helpers

    def names(self) -> list[str]:
        """Return the names of all plugins, sorted; imports none of them."""
        return sorted(self._own() | self._foreign().keys())

    def get(self, name: str) -> type[T]:
        """Return the plugin of that name.

        Raises
        ------
        UnknownName
            There is none; the message offers the nearest.
        UsageError
            An entry point of that name does not lead to a plugin of this kind.
        """
        if name in self._own():
            return self._own_class(name)
        if name in (foreign := self._foreign()):
            return self._foreign_class(foreign[name])
        raise UnknownName(self.kind, name, self.names())

    def _own(self) -> set[str]:
        path = importlib.import_module(self.package).__path__
        files = {module.name for module in pkgutil.iter_modules(path)}
        return files - self.helpers

    def _own_class(self, name: str) -> type[T]:
        module = importlib.import_module(f"{self.package}.{name}")
        found = [
            value
            for value in vars(module).values()
            if inspect.isclass(value)
            and value.__module__
            == module.__name__  # first: Python 3.10 takes NDArray[…] for a class
            and issubclass(value, self.base)
        ]
        if len(found) != 1:
            raise UsageError(f"{module.__name__} must define one {self.kind}, not {len(found)}")
        return found[0]

    def _foreign(self) -> dict[str, EntryPoint]:
        return {entry.name: entry for entry in entry_points(group=self.package)}

    def _foreign_class(self, entry: EntryPoint) -> type[T]:
        found = entry.load()
        if not (inspect.isclass(found) and issubclass(found, self.base)):
            raise UsageError(
                f"the entry point {entry.name!r} of {self.package!r} leads to {entry.value}, "
                f"which is no {self.base.__name__}; remove the package that declares it, or mend it"
            )
        return found
