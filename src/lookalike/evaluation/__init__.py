"""How good a search is: against known answers (`grid`), or by itself (`selftest`)."""
