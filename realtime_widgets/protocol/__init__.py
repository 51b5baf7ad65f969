"""The wire: typed events, endpoints and how to authenticate, the WebSocket connection.

May import `audio`, `concurrency`, `images`, `errors` and `lazy_types`. Inside, `wire > endpoint > dialects >
events > secrets`.
"""
