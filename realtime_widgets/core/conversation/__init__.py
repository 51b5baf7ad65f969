"""The conversation: items, responses, turns, their calls, and its exports.

Pure; imports `core.playback` for what was heard, `protocol`, `audio`, `images` and `errors`.
"""
