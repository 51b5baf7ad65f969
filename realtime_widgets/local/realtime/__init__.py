"""The server side of the Realtime protocol: pure rules inside, one thin connection around them.

Imports `inference` and what stands below it.
"""
