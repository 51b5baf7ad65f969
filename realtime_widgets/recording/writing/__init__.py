"""Writes a session down while it goes on; `recorder` and `watching` run on the I/O thread. Imports `file`."""
