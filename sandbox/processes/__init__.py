"""Processes of the sandbox: zygote, analyzer, harness and solution. The grader's process imports none of this."""
