"""The embedded endpoint: the Realtime protocol and some REST routes, served with speech models on this machine.

Imports nothing of the package but `errors` and `audio`.
"""
