"""The I/O around one session's core: transport, speakers, calls, accounting, journal; all on the I/O thread.

Imports `core`, `tools`, `protocol`, `audio`, `concurrency` and `errors`, and from `local` only what starts the
local endpoint. It depends on no widget, and no user code runs in it.
"""
