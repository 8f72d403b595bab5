"""Tools for operators and data people; nothing on the grading path imports them."""
