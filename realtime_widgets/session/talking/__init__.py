"""What is asked and said to a session by code: questions, texts to be read out, speech without a browser.

Imports `reply`, `runtime` and what stands below them, and nothing else of `session`.
"""
