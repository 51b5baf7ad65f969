"""`RealtimeSession`, the public interface: called from the user's threads, it runs its work on the I/O thread.

Imports `events`, `widgets`, `reply`, `runtime` and what stands below them.
"""
