"""The table of docs/security.md: which attacks this grader holds off, and which others let through."""
