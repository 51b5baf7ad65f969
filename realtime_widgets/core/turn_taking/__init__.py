"""Whose turn it is: detection, interruption, truncation, and the order of response requests.

Pure; imports `core.conversation` and what stands below it, `protocol`, `audio` and `errors`.
"""
