"""The solution process: runs the answer, inside every isolation layer."""
