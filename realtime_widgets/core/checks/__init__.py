"""Checks: words and sound of a talk are held back until checks have passed them.

It may import turn taking, the conversation, playback, and the verdicts of `safety`.
"""
