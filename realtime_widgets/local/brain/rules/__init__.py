"""The stand-in: a brain without a language model, which chooses a tool and fills in its arguments by rules.

Imports `brain.slots`, `brain.tool_schema`, `brain.language` and `models`.
"""
