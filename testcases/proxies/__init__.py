"""Proxies (the solution's objects in test code) and exports (objects of test code in the solution's process).

Each module imports only from those before it: trust_table; argument_changes, session, shared_containers,
stdout_forwarder, traceback_origin and exportable; observations; contents; trust; arithmetic and comparisons; proxy;
type_checks; identity and proxy_classes; class_registry, exceptions and exports; host.
"""
