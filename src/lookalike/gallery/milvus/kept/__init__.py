"""What Milvus keeps of a gallery: its collections, their rows, and what it knows of itself."""
