"""AWS clients, made at first use, and their errors in the grader's terms."""
