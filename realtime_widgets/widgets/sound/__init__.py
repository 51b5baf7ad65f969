"""Microphone, player, recorder and media streams, and the port by which sound travels.

Of `widgets` it imports `base`, `messages` and what watches the running cell.
"""
