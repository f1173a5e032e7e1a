"""The collections of a gallery: what Milvus keeps of it.

    NAME__about      key → text: what the gallery knows of itself; see `records`
    NAME__files      one row a file, by its path: the truth about what is indexed; see `rows`
    NAME__v_…        one row a file, by its id, for each descriptor: its vector, and all that a
                     search is asked and answers, so that one question is enough

A collection needs a vector, even where there is nothing to be searched.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lookalike.descriptors import label
from lookalike.errors import GalleryError, GalleryUnreachable
from lookalike.gallery.milvus.index import sizing
from lookalike.gallery.milvus.index.choosing import METRICS, IndexPlan
from lookalike.gallery.milvus.link.engine import Engine

if TYPE_CHECKING:
    from pymilvus import CollectionSchema

NOTHING = [0.0, 0.0]
"""What stands for the vector where there is none."""

# In bytes. A path of Linux has 4,096 at most, and an odd byte of it is written with five.
MOST_PATH = 20_480
MOST_NAME = 2_048
MOST_FOLDERS = 256
MOST_TEXT = 65_535

# Seconds between two looks at what Milvus does; until few vectors that stand still are taken for
# too few, and what is not being loaded for given up; and until many are taken for stuck. One large
# segment takes a minute or two.
_PAUSE, _SETTLED, _STANDS = 0.2, 10.0, 600.0
_FEW = 10_000


def about(name: str) -> str:
    """Return the name of the collection of what a gallery knows of itself."""
    return f"{name}__about"


def files(name: str) -> str:
    """Return the name of the collection of a gallery's files."""
    return f"{name}__files"


def vectors(name: str, key: str) -> str:
    """Return the name of the collection of a descriptor's vectors."""
    called = re.sub(r"\W+", "_", label(key), flags=re.ASCII)[:60]
    return f"{name}__v_{called}_{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def create_about(engine: Engine) -> str:
    """Make the collection of what the gallery knows of itself, if it is not there; return its name.

    As with the others, Milvus then begins to load it: see `wait_until_loaded`.
    """
    from pymilvus import DataType

    schema = _schema()
    schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=MOST_PATH)
    schema.add_field("value", DataType.VARCHAR, max_length=MOST_TEXT)
    schema.add_field("written", DataType.VARCHAR, max_length=64)
    schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=2)
    name = about(engine.address.name)
    _create(engine, name, schema, "nothing", IndexPlan("flat"), "L2")
    return name


def create_files(engine: Engine) -> str:
    """Make the collection of the gallery's files, if it is not there; return its name."""
    from pymilvus import DataType

    schema = _schema()
    schema.add_field("path", DataType.VARCHAR, is_primary=True, max_length=MOST_PATH)
    schema.add_field("id", DataType.INT64)
    schema.add_field("size", DataType.INT64)
    schema.add_field("etag", DataType.VARCHAR, max_length=MOST_NAME)
    schema.add_field("reason", DataType.VARCHAR, max_length=64)
    schema.add_field("message", DataType.VARCHAR, max_length=MOST_TEXT)
    schema.add_field("described", DataType.ARRAY, element_type=DataType.INT64, max_capacity=256)
    _add_facts(schema)
    schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=2)
    name = files(engine.address.name)
    by = ("id", "content")
    _create(engine, name, schema, "nothing", IndexPlan("flat"), "L2", sorted_by=by)
    return name


def create_vectors(engine: Engine, key: str, dim: int, metric: str, plan: IndexPlan) -> str:
    """Make the collection of a descriptor's vectors, if it is not there; return its name."""
    from pymilvus import DataType

    schema = _schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("path", DataType.VARCHAR, max_length=MOST_PATH)
    _add_facts(schema)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
    name = vectors(engine.address.name, key)
    _create(engine, name, schema, "vector", plan, METRICS.get(metric, "L2"))
    return name


def rebuild(engine: Engine, collection: str, metric: str, plan: IndexPlan) -> None:
    """Put another index in the place of a collection's; return when it is built and loaded.

    Meanwhile the collection cannot be searched. Who was interrupted may do it again.
    """
    _drop_index(engine, collection)
    _index(engine, collection, "vector", plan, METRICS.get(metric, "L2"))
    wait_for_index(engine, collection)
    _load(engine, collection)
    wait_until_loaded(engine, collection)


def restore(engine: Engine, collection: str, metric: str, plan: IndexPlan) -> None:
    """Load a collection of vectors that is not, as where a `rebuild` was interrupted.

    One of the plan's kind stays if it is there: perhaps another is building it just now.
    """
    if _state(engine, collection) == "NotLoad":
        if _built(engine, collection) != plan.index_type:
            _drop_index(engine, collection)
            _index(engine, collection, "vector", plan, METRICS.get(metric, "L2"))
        _load(engine, collection)
        wait_until_loaded(engine, collection)


def is_built(engine: Engine, collection: str, plan: IndexPlan) -> bool:
    """Tell whether a collection is searched through an index of a plan's kind.

    It is not where a `rebuild` was interrupted, whatever the records say.
    """
    return _built(engine, collection) == plan.index_type and _state(engine, collection) != "NotLoad"


def _schema() -> CollectionSchema:
    from pymilvus import MilvusClient

    return MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)


def _add_facts(schema: CollectionSchema) -> None:
    """Add what conditions can be about, and what an answer tells of a file."""
    from pymilvus import DataType

    schema.add_field("content", DataType.INT64)
    schema.add_field("sha256", DataType.VARCHAR, max_length=64)
    schema.add_field("name", DataType.VARCHAR, max_length=MOST_PATH)
    schema.add_field(
        "folders",
        DataType.ARRAY,
        element_type=DataType.VARCHAR,
        max_capacity=MOST_FOLDERS,
        max_length=MOST_NAME,
    )
    schema.add_field("mtime_ns", DataType.INT64)
    schema.add_field("format", DataType.VARCHAR, max_length=32)
    schema.add_field("width", DataType.INT64)
    schema.add_field("height", DataType.INT64)
    schema.add_field("bytes", DataType.INT64)
    schema.add_field("taken", DataType.VARCHAR, max_length=64)
    schema.add_field("columns", DataType.JSON)


def _create(
    engine: Engine,
    collection: str,
    schema: CollectionSchema,
    field: str,
    plan: IndexPlan,
    metric: str,
    sorted_by: Sequence[str] = (),
) -> None:
    if not engine.has(collection):
        engine.call(
            lambda client: client.create_collection(
                collection, schema=schema, num_shards=sizing.shards(engine.address)
            )
        )
    # Each step by itself, so that one who was killed between two is helped by the next, who
    # perhaps has chosen another index.
    there = engine.call(lambda client: client.list_indexes(collection, field_name=field))
    if there and _built(engine, collection, field) != plan.index_type:
        _drop_index(engine, collection, field)
        there = []
    if not there:
        _index(engine, collection, field, plan, metric, sorted_by)
    _load(engine, collection)


def _index(
    engine: Engine,
    collection: str,
    field: str,
    plan: IndexPlan,
    metric: str,
    sorted_by: Sequence[str] = (),
) -> None:
    from pymilvus import MilvusClient

    params = MilvusClient.prepare_index_params()
    if not engine.address.is_lite:
        for name in sorted_by:
            params.add_index(name, index_type="STL_SORT")
    # The vectors' last: without it nobody else loads the collection, and a loaded one takes none.
    params.add_index(
        field,
        index_type=plan.index_type,
        metric_type=metric,
        params=plan.index_params,
    )
    engine.call(lambda client: client.create_index(collection, params, sync=False))


def _drop_index(engine: Engine, collection: str, field: str = "vector") -> None:
    engine.call(lambda client: client.release_collection(collection))
    if engine.call(lambda client: client.list_indexes(collection, field_name=field)):
        engine.call(lambda client: client.drop_index(collection, field))


def _built(engine: Engine, collection: str, field: str = "vector") -> str:
    """Return Milvus's name of the index that there is; empty if there is none."""
    told = engine.call(lambda client: client.describe_index(collection, field)) or {}
    return str(told.get("index_type", ""))


def wait_for_index(
    engine: Engine, collection: str, tell: Callable[[int, int], None] | None = None
) -> None:
    """Wait until all vectors of a collection are indexed, as long as there is progress.

    Parameters
    ----------
    engine : Engine
    collection : str
    tell : callable, optional
        Is told how many vectors are indexed, and of how many.

    Raises
    ------
    GalleryError
        Milvus could not build the index.
    GalleryUnreachable
        Nothing happened for ten minutes.
    """
    since, before = time.monotonic(), -1
    while True:
        told = engine.call(lambda client: client.describe_index(collection, "vector")) or {}
        left, total = (int(told.get(f"{name}_rows", 0)) for name in ("pending_index", "total"))
        if told.get("state") == "Failed":
            raise GalleryError(
                f"Milvus could not build the index of {collection}: "
                f"{told.get('index_state_fail_reason') or 'it does not say why'}"
            )
        if tell is not None:
            tell(total - left, total)
        if left != before:
            since, before = time.monotonic(), left
        stands = time.monotonic() - since
        # What is too little to be indexed may be counted as pending for ever.
        if not left or (left <= _FEW and stands > _SETTLED):
            return
        if stands > _STANDS:
            raise GalleryUnreachable(
                f"{left:,} vectors of {collection} wait to be indexed and nothing happens; look at "
                "the index nodes of Milvus, then run this again: all that was written is kept"
            )
        time.sleep(_PAUSE)


def _load(engine: Engine, collection: str) -> None:
    """Let Milvus begin to load a collection into memory."""
    how: dict[str, object] = {"_async": True}
    if not engine.address.is_lite:
        how["replica_number"] = engine.address.replicas
    engine.call(lambda client: client.load_collection(collection, **how))


def wait_until_loaded(engine: Engine, *collections: str) -> None:
    """Wait for collections that are being loaded, as long as Milvus is at it.

    Even an empty one takes some seconds, and several no longer than one.

    Raises
    ------
    GalleryUnreachable
        Milvus has given it up.
    """
    for one in collections:
        since = time.monotonic()
        while (state := _state(engine, one)) != "Loaded":
            if state == "Loading":
                since = time.monotonic()
            elif time.monotonic() - since > _SETTLED:  # another may be putting an index there
                raise GalleryUnreachable(
                    f"{one} is not loaded, and Milvus is not at it any more; look whether its "
                    "query nodes live and have memory, or disks for diskann, then run this again"
                )
            time.sleep(_PAUSE)


def _state(engine: Engine, collection: str) -> str:
    """Return ``Loaded``, ``Loading``, ``NotLoad`` or ``NotExist``."""
    told = engine.call(lambda client: client.get_load_state(collection))
    return str(told["state"])
