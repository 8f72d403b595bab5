"""Training jobs that reward by this grader, validated before anything is sent to AWS."""
