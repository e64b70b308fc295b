"""Tables of comments: reading and writing them without losing or changing a single cell."""
