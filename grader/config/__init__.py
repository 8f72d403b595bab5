"""The configuration: field types, sections, and where settings come from."""
