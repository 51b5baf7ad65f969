"""The newest clients of the protocol with their own defaults, each in a fresh environment; for `make nightly`.

`programs` has one a client: it speaks a question, types another, and prints what it saw as JSON. The variable
``REALTIME_NEWEST_CLIENTS`` names the folder for their environments; without it the tests are skipped.
"""
