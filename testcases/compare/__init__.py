"""Whether an answer's value or output is the right one, and what passed tests earn."""
