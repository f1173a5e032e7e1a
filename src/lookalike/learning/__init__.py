"""Learning from one's own pictures: an encoder of them, or a better view of their vectors."""
