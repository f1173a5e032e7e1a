"""Where Lookalike meets people and programs. Only what is in here prints or exits."""
