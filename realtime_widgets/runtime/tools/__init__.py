"""Tool calls of a running session: seen and decided from any thread, made by hand, announced while they run.

Imports `core`, `tools` and what stands below them, and nothing else of `runtime`.
"""
