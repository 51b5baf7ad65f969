"""Ready checks that work on this machine alone: word lists, personal data, secrets, prompt injection.

It may import verdicts, the protocol's secrets and errors. Checks that ask a service are in `chat`.
"""
