"""Proxies (the solution's objects in test code) and exports (objects of test code in the solution's process).

Each module imports only from those before it: argument_changes, session, traceback_origin and exportable;
observations; trust; proxy; proxy_classes; class_registry, exceptions and exports; host.
"""
