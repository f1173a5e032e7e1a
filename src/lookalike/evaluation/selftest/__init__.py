"""A gallery's own pictures, edited and searched for: how they are found, how sure a match is."""
