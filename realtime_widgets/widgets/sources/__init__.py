"""Widgets by which the model sees: the camera and the screen.

It may import the other widgets and what they import.
"""
