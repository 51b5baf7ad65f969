"""The routes for speech and transcriptions.

Imports `rest.bodies`, `rest.event_stream`, `realtime` and what stands below it.
"""
