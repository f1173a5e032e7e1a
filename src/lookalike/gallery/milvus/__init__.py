"""A gallery in Milvus: on a server that any number of processes share, or in a file of Lite's.

link      Milvus, bounded in time                      kept     what it keeps of a gallery
intake    folders → rows         search   queries → matches         browse   what is there
values    what a person adds     index    which index Milvus keeps, and how much it finds
"""

from __future__ import annotations

import os

from lookalike.errors import UsageError
from lookalike.gallery.interface import is_milvus
from lookalike.gallery.milvus.browse.browsing import Browsing
from lookalike.gallery.milvus.index.indexing import Indexing
from lookalike.gallery.milvus.intake.adding import Adding
from lookalike.gallery.milvus.intake.filling import Filling
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.looking import look
from lookalike.gallery.milvus.link.address import TOKEN, parsed
from lookalike.gallery.milvus.link.connection import PATIENCE
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.gallery.milvus.search.asking import Asking
from lookalike.gallery.milvus.values.columns import Columns
from lookalike.gallery.milvus.values.marking import Marking
from lookalike.gallery.served import ServedGallery
from lookalike.images import Decoder, load_views

__all__ = ["MilvusGallery", "is_milvus"]


class MilvusGallery(Asking, Browsing, Adding, Filling, Indexing, Marking, Columns, ServedGallery):
    """A gallery that lives in Milvus.

    Any number of processes may write to it and search it at once: all that is written is written
    under a key of its own, and twice is as once.
    """

    @classmethod
    def open(
        cls,
        where: str | os.PathLike[str] | None = None,
        *,
        create: bool = True,
        api_key: str | None = None,
        decoder: Decoder | None = None,
        hides_paths: bool = False,
        patience: float = PATIENCE,
    ) -> MilvusGallery:
        """Open a gallery in Milvus.

        Parameters
        ----------
        where : str
            ``milvus+http://HOST:19530/NAME``, ``milvus+https://…``, or ``milvus:FILE.db`` for
            Milvus Lite; see `lookalike.gallery.milvus.link.address`.
        create : bool
            Make it if it is not there.
        api_key : str, optional
            What the server wants to see: a token, or ``user:password``; by default
            LOOKALIKE_MILVUS_TOKEN.
        decoder : callable, optional
            What reads the pictures that are searched with and shown; by default they are read here.
        hides_paths : bool
            Let conditions be only about what of a path strangers may see.
        patience : float
            Seconds that an engine which does not answer is waited for.

        Raises
        ------
        UsageError
            It is no such address.
        GalleryMissing
            It is not there, and `create` is false.
        GalleryUnreachable
            Nothing answers there.
        GalleryTooNew
            It was made by a later Lookalike.
        MissingExtra
            pymilvus is not installed.
        """
        if where is None:
            raise UsageError("a gallery in Milvus is named by its address: milvus+http://…/NAME")
        token = api_key if api_key is not None else os.environ.get(TOKEN, "")
        address = parsed(where)
        look(address, create=create)
        engine = Engine(address, token, patience=patience)
        try:
            kept = Kept(engine, create=create)
        except BaseException:
            engine.close()
            raise
        return cls(kept, decoder or load_views, hides_paths=hides_paths)
