"""Fills in the arguments of a tool from what was said, by the types in its schema.

Imports `brain.language` and `brain.tool_schema`.
"""
