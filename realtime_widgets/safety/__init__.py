"""Safety: what checks say of a talk, the checks that are ready made, what was flagged and who decided what.

It may import the protocol, sound, images and errors. `core/checks` and `runtime` run checks in a session.
"""
