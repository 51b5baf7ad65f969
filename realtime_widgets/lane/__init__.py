"""The direct lane: sound between a page and the kernel past the kernel's messages.

A page opens a WebSocket to the Jupyter server's relay (`jupyter/lane_relay.py`), or to the kernel itself if both
are on one machine; the kernel's end is here. May import `concurrency` and what stands below it.
"""
