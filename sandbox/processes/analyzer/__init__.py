"""The analyzer process: parses answers, checks them against the policy, and measures their style. It never runs one."""
