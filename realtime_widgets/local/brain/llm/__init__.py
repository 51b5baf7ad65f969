"""A brain that asks a language model through Chat Completions.

Imports `brain.errors` and `models`.
"""
