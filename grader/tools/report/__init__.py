"""Reports of a run, of one grade and of the host, for people and as JSON."""
