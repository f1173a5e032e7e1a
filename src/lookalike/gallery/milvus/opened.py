"""What all that one does with a gallery in Milvus has in common."""

from __future__ import annotations

from lookalike.gallery.milvus.intake.own import added_folder, own_place
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.gallery.naming import Naming
from lookalike.images import Decoder, load_views
from lookalike.stages import Stage
from lookalike.store.catalog import StoredDescriptor


class Opened(Naming):
    """An open connection, and what the gallery knows of itself.

    Parameters
    ----------
    kept : Kept
    decoder : Decoder
        What reads the pictures that are searched with and shown.
    hides_paths : bool
        Conditions are only about what of a path strangers may see; see `store.where.visible`.
    """

    def __init__(
        self, kept: Kept, decoder: Decoder = load_views, *, hides_paths: bool = False
    ) -> None:
        self._kept = kept
        self._decoder = decoder
        self._hides_paths = hides_paths

    def close(self) -> None:
        """Let go of the connection."""
        self._engine.close()

    @property
    def address(self) -> str:
        """Where the gallery is; there is no secret in it."""
        return self._engine.address.text

    @property
    def kept_at(self) -> tuple[str, ...]:
        """See `lookalike.gallery.served.ServedGallery.kept_at`."""
        address = self._engine.address
        return tuple(filter(None, (added_folder(address), own_place(address), self.address)))

    def check(self, seconds: float = 2.0) -> None:
        """See `lookalike.gallery.served.ServedGallery.check`."""
        self._engine.check(seconds, self._kept.files)  # first, as what follows may wait for longer
        described = [self._kept.collection(stored) for stored in self._kept.descriptors()]
        self._engine.check(seconds, *described)

    # -- within ------------------------------------------------------------------------------

    @property
    def _engine(self) -> Engine:
        return self._kept.engine

    def _descriptors(self) -> list[StoredDescriptor]:
        return self._kept.descriptors()

    def _stages(self, stored: StoredDescriptor) -> tuple[Stage, ...]:
        return self._kept.stages_of(stored)

    @property
    def _called(self) -> str:
        return self.address
