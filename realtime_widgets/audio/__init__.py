"""Conversion between the protocol's PCM16 and what users have: sound files and arrays.

Imports `errors` only; the local endpoint shares it.
"""
