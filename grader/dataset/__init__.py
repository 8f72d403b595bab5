"""Data sets before they are trained on: read in any shape, written as a trainer takes them, and checked."""
