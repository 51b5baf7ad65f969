"""Where a session connects, how it authenticates, and what the server can do.

Imports `protocol.events`, `protocol.dialects`, `audio` and `errors`.
"""
