"""The talk in words: transcript and replies, and the entries of which both are made.

Of `widgets` it imports `sound`, `saved`, `base` and `messages`.
"""
