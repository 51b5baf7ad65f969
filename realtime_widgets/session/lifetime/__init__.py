"""How long a session lives: who takes its place, which cell and names hold it, and how it starts again.

Imports `runtime` and what stands below it, and nothing else of `session`.
"""
