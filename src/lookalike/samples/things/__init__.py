"""The things in the pictures: solids, each with its paint, standing on the floor y = 0."""
