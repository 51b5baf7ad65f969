"""The conversation of a session: its items, their audio, and how much of it fits into the context window.

Imports `api`.
"""
