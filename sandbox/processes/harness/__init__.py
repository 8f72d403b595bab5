"""The harness process: runs a test spec against a solution process, and holds the expected values."""
