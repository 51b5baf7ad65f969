"""Sound and words of the user on their way in, the speakers, and what is kept or filled in between.

On the I/O thread; of `runtime` it imports `tools` alone.
"""
