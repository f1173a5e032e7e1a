"""What is kept on disk: one SQLite catalog is the truth, everything beside it is a cache."""

from lookalike.store.catalog import Catalog
from lookalike.store.info import GalleryInfo, info
from lookalike.store.sync import Progress, SyncReport, sync

__all__ = ["Catalog", "GalleryInfo", "Progress", "SyncReport", "info", "sync"]
