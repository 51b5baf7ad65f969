"""What each model must offer, where its weights are found, and the engines and codecs it needs.

Imports nothing of `local`.
"""
