"""The server: one page and an HTTP API over open galleries."""
