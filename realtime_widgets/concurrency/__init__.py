"""The I/O thread, and what its single-threaded code is made of: change notification, tasks, timers, a clock.

Imports `errors` only.
"""
