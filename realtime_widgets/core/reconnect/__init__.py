"""What happens to a conversation when its connection is lost: when to try again, and what is restored.

Pure; imports `core.turn_taking` and what stands below it, `protocol`, `audio` and `errors`.
"""
