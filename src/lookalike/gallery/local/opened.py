"""What all that one does with an open gallery has in common."""

from __future__ import annotations

import os
from pathlib import Path

from lookalike.gallery.naming import Naming
from lookalike.images import Decoder, load_views
from lookalike.search import Searchers
from lookalike.search.known import LocalKnown
from lookalike.stages import Stage
from lookalike.store import Catalog
from lookalike.store.catalog import StoredDescriptor
from lookalike.store.stages import stages_of


class Opened(Naming):
    """An open catalog, what it is searched with, and the descriptors that it knows."""

    def __init__(self, catalog: Catalog, decoder: Decoder = load_views) -> None:
        self._catalog = catalog
        self._decoder = decoder
        self._searchers = Searchers(catalog)
        self._known = LocalKnown(catalog, self._searchers)

    def close(self) -> None:
        """Close the gallery's files."""
        self._searchers.forget()
        self._catalog.close()

    @property
    def path(self) -> Path:
        """The gallery's folder."""
        return self._catalog.folder

    @property
    def kept_at(self) -> tuple[str, ...]:
        """See `lookalike.gallery.served.ServedGallery.kept_at`."""
        return str(self.path / "added"), str(self.path)

    # -- within ------------------------------------------------------------------------------

    def _descriptors(self) -> list[StoredDescriptor]:
        return self._catalog.descriptors()

    def _stages(self, stored: StoredDescriptor) -> tuple[Stage, ...]:
        return stages_of(self._catalog, stored)

    @property
    def _called(self) -> str:
        return str(self.path)


def absolute(path: str | os.PathLike[str]) -> Path:
    """Return the path that a person means."""
    # Normalised as text, not resolved: a person finds pictures under the path they gave.
    # os.path leaves "~nobody" as it is, where Path.expanduser raises.
    return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111
