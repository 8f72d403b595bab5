"""Adapters: the reward in the form that each trainer calls, one thin module a trainer.

All grade with one grader a process, made at the first use of the settings in the environment (``GRADER_...``,
``GRADER_CONFIG``). No module here imports a trainer before it is used. See
``docs/trainers.md`` for the lines that each trainer's configuration needs.
"""
