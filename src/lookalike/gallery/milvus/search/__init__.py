"""Queries → matches, through Milvus's index or through all vectors; conditions in its words."""
