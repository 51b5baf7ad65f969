"""The public interface, `RealtimeSession` and `Captions`: called from the user's threads, run on the I/O thread.

Imports `events`, `widgets`, `reply`, `runtime` and what stands below them.
"""
