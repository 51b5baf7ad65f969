"""A plain browser tab as another place where widgets are shown: served by the kernel, reached by a one-time link.

Its widgets are those of the notebook, mirrored over one WebSocket. May import `base` and what stands below.
"""
