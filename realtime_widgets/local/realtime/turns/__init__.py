"""Turns: the input buffer, turn detection, transcription, and when a turn is answered.

Imports `realtime.conversation`, `inference` and what stands below it.
"""
