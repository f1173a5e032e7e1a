"""Which index Milvus keeps of a descriptor's vectors, and how much it finds."""
