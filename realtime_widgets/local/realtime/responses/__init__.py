"""Responses: how they are requested, made and sent.

Imports `realtime.conversation`, `inference` and what stands below it.
"""
