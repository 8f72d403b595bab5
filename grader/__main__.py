"""``python -m grader`` is the command ``grader``."""

from rlvr_code_grader import run

if __name__ == "__main__":
    run()
