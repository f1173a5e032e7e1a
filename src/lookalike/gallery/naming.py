"""What a person types for a descriptor → the one that a gallery has vectors of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from lookalike.descriptors import Descriptor, Staged, create, label
from lookalike.errors import NetworkError, NotIndexed, UnknownName, UsageError
from lookalike.stages import Stage
from lookalike.store.catalog import StoredDescriptor


class Naming(ABC):
    """A gallery that has descriptors."""

    @abstractmethod
    def _descriptors(self) -> list[StoredDescriptor]:
        """Return the gallery's descriptors, first what searches go by."""

    @abstractmethod
    def _stages(self, stored: StoredDescriptor) -> tuple[Stage, ...]:
        """Return what is done to the vectors of one of them, in order; nothing to most."""

    @property
    @abstractmethod
    def _called(self) -> str:
        """Where the gallery is, for a person."""

    def _stored(self, spec: str | None) -> StoredDescriptor:
        present = self._descriptors()
        if not present:
            raise NotIndexed(
                f"the gallery {self._called} is empty; fill it: lookalike index FOLDER"
            )
        if spec is None:
            return present[0]
        # By what it is called, if there is but one of that: `lbp` for any lbp, `network` for a
        # network; and without making it, as it may be one that cannot be made any more.
        called = [s for s in present if spec in _names(s)]
        if len(called) == 1:
            return called[0]
        _check_fitted(spec, present)
        wanted = create(spec).key
        for stored in present:
            if stored.key == wanted:
                return stored
        raise NotIndexed(
            f"{wanted} is not in this gallery, which has {', '.join(s.key for s in present)}; "
            f"add it: lookalike index --descriptor {spec}"
        )

    def _with_words(self) -> StoredDescriptor:
        """Return the first descriptor here that understands words, or the first of all."""
        present = self._descriptors()
        able = [stored for stored in present if self._current(stored).has_words]
        return able[0] if able else self._stored(None)

    def _current(self, stored: StoredDescriptor) -> Descriptor:
        try:
            plain = create(stored.spec)
        except (UsageError, NetworkError) as error:
            raise NotIndexed(
                f"the gallery has vectors of {stored.key}, which cannot be made now ({error}); "
                "bring it back, or if it lies elsewhere now, name that: lookalike index "
                f'--descriptor SPEC. Or drop them: lookalike remove --descriptor "{stored.key}"'
            ) from error
        stages = self._stages(stored)
        return Staged(plain, stages) if stages else plain

    def _made(self, stored: StoredDescriptor) -> Descriptor:
        descriptor = self._current(stored)
        if descriptor.key != stored.key:
            raise NotIndexed(
                f"the vectors in this gallery are of {stored.key}, and this Lookalike makes "
                f"{descriptor.key}; bring them up to date: lookalike index"
            )
        return descriptor


def _names(stored: StoredDescriptor) -> set[str]:
    """Return what a person may type for a descriptor."""
    if stored.is_staged:
        return {stored.key, label(stored.key)}
    return {stored.key, stored.spec, label(stored.key), stored.key.partition("@")[0]}


def _check_fitted(spec: str, present: Sequence[StoredDescriptor]) -> None:
    """Refuse what looks like a fitted descriptor; the caller has found none of that name."""
    plain, slash, stage = spec.partition("/")
    if not slash or plain not in {label(stored.key).partition("/")[0] for stored in present}:
        return
    if fitted := [label(stored.key) for stored in present if stored.is_staged]:
        raise UnknownName("fitted descriptor", spec, fitted)
    raise NotIndexed(
        f"nothing was fitted in this gallery yet; fit it: lookalike reduce {stage} -d {plain}"
    )
