"""`RealtimeSession` and `Captions`, the public interface: called from the user's threads, they work on the I/O thread.

Imports `events`, `widgets`, `reply`, `runtime` and what stands below them.
"""
