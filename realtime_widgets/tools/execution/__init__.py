"""Runs calls: on the right thread, with the user's consent, within the time limit.

Imports `tools.tool`, `tools.options`, `tools.output`, `concurrency` and `errors`.
"""
