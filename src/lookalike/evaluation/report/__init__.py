"""What was measured → a page, Markdown, CSV."""

from lookalike.evaluation.report.page import page
from lookalike.evaluation.report.tables import Table, csv, markdown, table

__all__ = ["Table", "csv", "markdown", "page", "table"]
