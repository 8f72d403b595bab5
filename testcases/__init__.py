"""Problems and their tests: the formats they come in, and how a solution is tested.

No network, no threads, no cache. Of the sandbox it imports `sandbox.wire` alone.
"""
