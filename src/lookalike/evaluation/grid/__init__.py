"""Ground truth × descriptor × metric × reduction × index → scores of every query."""
