"""The protocol's vocabulary: names, formats, items, limits and errors as the endpoint reads and writes them.

Imports nothing of `local`.
"""
