"""What is in a gallery in Milvus, picture by picture and in numbers."""
