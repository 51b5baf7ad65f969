"""One WebSocket connection: frames to events and back, in the dialect of the server.

Imports `protocol.endpoint`, `protocol.dialects`, `protocol.events` and `errors`.
"""
