"""The REST routes that are served besides the Realtime sessions: one module for each family of routes.

Imports `realtime`, `http` and what stands below them.
"""
