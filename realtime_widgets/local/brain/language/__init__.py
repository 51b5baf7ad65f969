"""English numbers, dates, units and words, as people say and type them.

Imports nothing of `local`.
"""
