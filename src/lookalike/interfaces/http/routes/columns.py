"""Columns of one's own, such as prices: entered, listed, removed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from lookalike.interfaces.http.models.marking import (
    Column,
    Columns,
    ColumnsReport,
    ColumnsWanted,
    Unmatched,
)
from lookalike.interfaces.http.models.pictures import plain
from lookalike.interfaces.http.problems import RESPONSES
from lookalike.interfaces.http.routes.telling import WRITES, Here, InGallery

router = APIRouter(prefix="/v1/galleries/{gallery}/columns", tags=["columns"], responses=RESPONSES)


@router.get("", operation_id="list_columns", summary="The columns that were added")
async def list_columns(here: InGallery) -> Columns:
    """Return the columns that were added to this gallery, with what is in them."""
    found = await here.server.work.run(here.gallery.columns)
    return Columns(columns=[Column.model_validate(one) for one in found])


@router.put("", operation_id="set_columns", summary="Give pictures values", dependencies=WRITES)
async def set_columns(here: InGallery, wanted: ColumnsWanted) -> ColumnsReport:
    """Enter values for many pictures: all of them or, if anything is wrong with one, none.

    Columns that are named for the first time are added. Of two rows for one picture the last
    counts.
    """
    return await here.server.work.run(_set, here, wanted)


@router.delete(
    "/{name:path}",  # a name may have slashes in it
    operation_id="remove_column",
    summary="Remove a column",
    status_code=204,
    response_class=Response,
    response_model=None,
    dependencies=WRITES,
)
async def remove_column(
    here: InGallery,
    name: Annotated[str, Path(description="The column.", examples=["price"], max_length=2000)],
) -> None:
    """Take a column with all its values out of the gallery."""
    await here.server.work.run(here.gallery.remove_columns, name)


def _set(here: Here, wanted: ColumnsWanted) -> ColumnsReport:
    found = here.gallery.set_columns({row.picture: plain(row.values) for row in wanted.rows})
    facts = vars(found) | {
        "rows": len(wanted.rows),
        "unmatched": [Unmatched.model_validate(one) for one in found.unmatched],
    }
    return ColumnsReport.model_validate(facts)
