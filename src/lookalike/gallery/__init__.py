"""The gallery: an indexed collection of pictures that is searched. What most callers import."""

from lookalike.gallery.interface import Gallery, default_path
from lookalike.gallery.local import LocalGallery
from lookalike.gallery.milvus import MilvusGallery
from lookalike.gallery.remote import RemoteGallery

__all__ = ["Gallery", "LocalGallery", "MilvusGallery", "RemoteGallery", "default_path"]
