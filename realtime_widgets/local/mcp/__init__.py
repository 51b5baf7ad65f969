"""MCP servers that a session of the endpoint names: which may be reached, how, and what the brain is told of them.

Imports `api`. The package ``mcp`` is imported when the first server is reached.
"""
