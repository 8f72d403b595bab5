"""The ordering side: starts, watches and ends the processes, and hands them work, on one event loop."""
