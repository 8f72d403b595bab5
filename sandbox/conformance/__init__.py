"""The conformance kit: bundled attacks, run against a sandbox, and checks of the host afterwards."""
