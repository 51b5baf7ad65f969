"""A server of the Realtime protocol that follows a script: it expects client events and sends server events.

Imports `audio`, `concurrency` and `errors`, and nothing else of the client; `cassette` reads recordings.
"""
