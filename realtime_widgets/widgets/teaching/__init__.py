"""Widgets for a class: a lesson in large letters.

It may import the other widgets and what they import.
"""
