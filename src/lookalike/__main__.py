"""`python -m lookalike` is `lookalike`."""

from lookalike.interfaces.cli.app import main

main()
