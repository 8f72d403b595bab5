"""The image's entry point: starts what serves events, with nothing in its environment that an answer should not see."""
