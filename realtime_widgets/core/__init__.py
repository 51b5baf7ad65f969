"""The decisions of one session, pure: events in, state and commands out.

It has no I/O, no threads and no clock. Imports `protocol`, `audio`, `images` and `errors`; `session.py` is the
top.
"""
