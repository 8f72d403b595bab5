"""How fast this grader is, side by side with others and with what nothing can be faster than."""
