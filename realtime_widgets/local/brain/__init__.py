"""The brain of the local endpoint: decides what to say and which tools to call.

Imports `models`, `api` and `errors`.
"""
