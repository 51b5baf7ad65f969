"""The command line: ``talk``, ``serve``, ``doctor`` and ``demo``.

May import everything except `jupyter` and `testing`; nothing imports it.
"""
