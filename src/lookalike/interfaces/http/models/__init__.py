"""Requests and answers of the HTTP API, as JSON: what is asked is strict, and all is documented."""
