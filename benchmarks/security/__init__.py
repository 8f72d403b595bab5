"""The tables of docs/security.md: attacks that this grader stops, and that other graders let through."""
