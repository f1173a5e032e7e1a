"""What a person adds to pictures: columns of their own, and judgements of answers."""
