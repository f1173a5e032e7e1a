"""Which index a search goes by unless it names one.

A person lets one be chosen by measuring (`lookalike tune`), which stays. Otherwise it is chosen,
and chosen again, whenever the gallery was brought up to date. A search only looks it up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lookalike.indexes import brief
from lookalike.indexes.choose import SMALL, auto
from lookalike.indexes.costs import costs
from lookalike.store.catalog import Catalog, StoredDescriptor

# What an automatic choice is to find, and with less than what it is taken back, until the gallery
# has doubled.
WANTED_RECALL, LEAST_RECALL = 0.99, 0.98

_AUTO = "auto"


@dataclass(frozen=True)
class Choice:
    """An index, and how good it is.

    Attributes
    ----------
    spec : str
    recall : float or None
        Share of the nearest that it finds, as measured on this gallery; None if it was not.
    about : mapping
        How it came about: ``by`` is ``"auto"`` or ``"tune"``.
    """

    spec: str
    recall: float | None = None
    about: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The index without its parameters."""
        return self.spec.partition(":")[0]

    @property
    def is_automatic(self) -> bool:
        """Whether nobody chose it."""
        return self.about.get("by") == _AUTO


def reason(choice: Choice) -> str:
    """Say in words why searches go by an index: ``ivf_sketch, as …``."""
    told = brief(choice.spec)
    if isinstance(why := choice.about.get("why"), str):
        return f"{told}, which tune has chosen: {why}"
    if choice.spec == "exact":
        return (
            f"{told}, as on this machine no other is worth building for so many vectors; "
            "to have others measured: lookalike tune"
        )
    share = "" if choice.recall is None else f", and finds {choice.recall:.1%} of the nearest"
    return (
        f"{told}, as on this machine it is at least half as fast again as looking at every "
        f"vector{share}; to have others measured: lookalike tune"
    )


def chosen(catalog: Catalog, stored: StoredDescriptor, metric: str) -> Choice:
    """Return what searches by a descriptor and a metric go by."""
    rows = catalog.rows(
        "SELECT spec, recall, about FROM choices WHERE descriptor_id = ? AND metric = ?",
        (stored.id, metric),
    )
    if not rows:
        return Choice("exact", 1.0, {"by": _AUTO})
    spec, recall, about = rows[0]
    return Choice(spec, recall, json.loads(about))


def choose(catalog: Catalog, stored: StoredDescriptor, metric: str, count: int) -> Choice:
    """Return what searches should go by, unless a person chose; nothing is kept yet.

    Parameters
    ----------
    catalog : Catalog
    stored : StoredDescriptor
    metric : str
    count : int
        How many vectors are searched among.
    """
    present = chosen(catalog, stored, metric)
    if not present.is_automatic:
        return present
    refused = {name: most for name, most in _refused(present).items() if count < 2 * most}
    known = costs() if count > SMALL else None
    if known is None and count > SMALL:
        return present  # without FAISS searches are exact anyway; a busy machine says nothing
    name = auto(count, stored.dim, metric, known, present=present.name, refused=refused)
    if name == present.name and name not in refused:
        return present
    recall = 1.0 if name == "exact" else None  # measured when it is built
    return Choice(name, recall, {"by": _AUTO, "refused": refused})


def refuse(
    catalog: Catalog, stored: StoredDescriptor, metric: str, name: str, count: int
) -> Choice:
    """Note that an automatic choice finds too few of the nearest among `count` vectors."""
    present = chosen(catalog, stored, metric)
    about = {**present.about, "refused": {**_refused(present), name: count}}
    return keep(catalog, stored, metric, replace(present, about=about))


def forget(catalog: Catalog, stored: StoredDescriptor, metric: str) -> None:
    """Let the choice be automatic again."""
    with catalog.transaction() as db:
        db.execute(
            "DELETE FROM choices WHERE descriptor_id = ? AND metric = ?", (stored.id, metric)
        )


def keep(catalog: Catalog, stored: StoredDescriptor, metric: str, choice: Choice) -> Choice:
    """Let searches go by this from now on."""
    with catalog.transaction() as db:
        db.execute(
            "INSERT OR REPLACE INTO choices (descriptor_id, metric, spec, recall, about) "
            "VALUES (?, ?, ?, ?, ?)",
            (stored.id, metric, choice.spec, choice.recall, json.dumps(dict(choice.about))),
        )
    return choice


def _refused(choice: Choice) -> dict[str, int]:
    """Return those that were taken back, and among how many vectors."""
    refused = choice.about.get("refused")
    return dict(refused) if isinstance(refused, dict) else {}
