"""MCP servers of a session: their tools listed and called, calls that a person has to allow, items for the brain.

Imports `realtime.conversation`, `local.mcp` and `api`.
"""
