"""Chat Completions: messages and options in, answers with text, audio and tool calls out.

Imports `rest.bodies`, `rest.event_stream`, `http` and what stands below it.
"""
