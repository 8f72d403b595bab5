"""The HTTP service: many requests at a time, in the native form and in those that trainers send.

``app`` has the routes, ``payloads`` what each trainer sends and expects, ``limits`` what a request may not exceed, and
``metrics`` the numbers for Prometheus. See ``docs/service.md``.
"""
