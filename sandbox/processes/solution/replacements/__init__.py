"""Replacements of modules that an answer must not have, in plain Python (`sandbox.wire.modules_on_demand.REPLACED`)."""
