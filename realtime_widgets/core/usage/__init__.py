"""Tokens, prices and budgets.

Pure; imports `protocol` and `errors`, and nothing else of `core`.
"""
