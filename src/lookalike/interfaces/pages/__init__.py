"""The page of ``lookalike serve``: static files, without a build step or any other host."""
