"""Folders → rows: what is new is read and written, what is gone is taken out."""
