"""The way to Milvus: its address, a connection that is bounded in time, rows in and out."""
