"""The I/O around one session's core: transport, accounting, journal, and rooms for sound, tools and safety.

All of it is on the I/O thread. Imports `core`, `tools`, `protocol`, `audio`, `concurrency` and `errors`, and from
`local` only what starts the local endpoint. It depends on no widget, and no user code runs in it.
"""
