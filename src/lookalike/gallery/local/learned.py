"""What was learnt of a gallery's vectors, and is done to them from then on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from lookalike.descriptors import Descriptor, Staged, label
from lookalike.errors import BadParameter
from lookalike.gallery.local.opened import Opened
from lookalike.search import upkeep
from lookalike.stages import Stage
from lookalike.store import Progress, removal, stages
from lookalike.store.deriving import derive
from lookalike.store.rows import drop_strangers
from lookalike.store.vectors import KeptVectors, kept_vectors


class Learned(Opened):
    """What hands out vectors, and takes in what was learnt of them."""

    def vectors(self, descriptor: str | None = None, *, most: int | None = None) -> KeptVectors:
        """Return all vectors of a descriptor, one of each different picture.

        Parameters
        ----------
        descriptor : str, optional
            One of those that were indexed; by default the one that searches go by.
        most : int, optional
            If there are more, so many of them, drawn at random but always the same.

        Raises
        ------
        NotIndexed
            The gallery is empty, or has no such descriptor.
        """
        return kept_vectors(self._catalog, self._stored(descriptor), most)

    def use(self, descriptor: str) -> None:
        """Let searches go by a descriptor unless another is named.

        Raises
        ------
        NotIndexed
            The gallery has no such descriptor.
        """
        self._catalog.prefer(self._stored(descriptor).id)

    def add_stage(
        self,
        stage: Stage,
        *,
        descriptor: str | None = None,
        about: Mapping[str, object] | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> str:
        """Let the vectors of a descriptor go through a stage, and search by the result.

        It becomes a descriptor of its own beside the one it stands on. What it gives of the
        pictures in the gallery is computed from the vectors that are kept; what `sync` takes in
        later goes through it as well. One that was called the same is replaced, once the new one
        is complete; interrupted, the next `sync` completes it.

        Parameters
        ----------
        stage : Stage
        descriptor : str, optional
            One of those that were indexed, which may have stages itself; by default the one that
            searches go by.
        about : mapping, optional
            What is to be known of it: anything that JSON can say.
        progress : callable, optional
            Called with a `Progress` of the stage ``deriving``.

        Returns
        -------
        str
            What to type for it: ``glance/half_whitening:64``.

        Raises
        ------
        BadParameter
            It takes vectors of another length, or cannot be called that.
        NotIndexed
            The gallery has no such descriptor.
        GalleryBusy
            Another process is writing to this gallery.
        """
        tell = progress or (lambda _: None)
        with self._catalog.writing():
            stored = self._stored(descriptor)
            staged = _on(self._made(stored), stage)
            told = [*stages.about(self._catalog, stored), dict(about or {})]
            former = [s for s in self._catalog.descriptors() if label(s.key) == label(staged.key)]
            was_first = any(s == self._catalog.descriptors()[0] for s in former)
            stages.register(self._catalog, staged, told)
            (new,) = (s for s in self._catalog.descriptors() if s.key == staged.key)
            derive(self._catalog, new, lambda *far: tell(Progress("deriving", *far)))
            if was_first:
                self._catalog.prefer(new.id)
            for old in former:
                if old.key != new.key:
                    removal.remove_descriptor(self._catalog, old.id)
        self._searchers.forget()
        drop_strangers(self._catalog)
        upkeep.keep_up(self._catalog, tell)
        return label(new.key)


def _on(descriptor: Descriptor, stage: Stage) -> Staged:
    """Return a descriptor with one stage more."""
    if stage.takes != descriptor.dim:
        raise BadParameter(
            f"{stage.name} takes vectors of {stage.takes} components, and those of "
            f"{label(descriptor.key)} have {descriptor.dim}; fit it to these"
        )
    if not re.fullmatch(r"[A-Za-z][\w.:-]*", stage.name):
        raise BadParameter(
            f"a name begins with a letter and has letters, digits, and . : _ - then, "
            f"unlike {stage.name!r}"
        )
    if isinstance(descriptor, Staged):
        return Staged(descriptor.plain, (*descriptor.stages, stage))
    return Staged(descriptor, (stage,))
