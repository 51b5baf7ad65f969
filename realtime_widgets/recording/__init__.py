"""Talks as files: written while they go on, opened again, shown, exported, compared; FORMAT.md describes the file.

`recorder` and `watching` run on the I/O thread and know a session by its runtime; all else is about a file that is
there. Imports `widgets`, for the replay alone, and what stands below them.
"""
