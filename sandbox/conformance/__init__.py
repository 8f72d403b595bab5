"""The conformance kit: bundled attacks, run against a sandbox, and the checks of what held."""
