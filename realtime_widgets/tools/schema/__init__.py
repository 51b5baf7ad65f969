"""Schemas: from a function's signature and docstring to the JSON schema that the model sees, and arguments back.

Imports `errors` only.
"""
