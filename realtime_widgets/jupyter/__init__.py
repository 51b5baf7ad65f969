"""What Jupyter loads by name: the magics of a notebook and the extension of its server.

May import `session` and what stands below it.
"""
