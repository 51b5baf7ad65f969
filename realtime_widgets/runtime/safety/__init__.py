"""What stands between a talk and those in it: checks that look first, and the user's consent to tool calls.

On the I/O thread; imports `core`, `tools`, `safety` and what stands below them, and nothing else of `runtime`.
"""
