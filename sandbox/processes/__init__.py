"""What runs in processes of its own: zygote, solution, examiner, analyst. The grader's process imports none of it."""
