"""Widgets for those who watch over talks: the queue of what was flagged.

It may import the other widgets and what they import.
"""
