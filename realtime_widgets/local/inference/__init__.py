"""Loads the models, runs them on worker threads, and makes the pieces of an answer.

Imports `speech`, `pictures`, `brain` and what stands below them.
"""
