"""The scheduler: starts processes, sends them work, checks that they live, and ends them."""
