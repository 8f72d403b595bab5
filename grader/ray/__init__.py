"""Grading on a Ray cluster: an actor on each node, and one grader in front of them all.

::

    from grader.ray import RayGrader

    with RayGrader(num_cpus=8) as grader:
        grades = grader.grade_batch(samples)

See ``docs/ray.md``.
"""

from grader.ray.ray_grader import RayGrader

__all__ = ["RayGrader"]
