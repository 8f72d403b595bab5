"""Throughput of this grader, compared with other graders and with lower bounds."""
