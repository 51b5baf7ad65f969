"""What plays and what was heard of it: the blocks sent to the speaker, and the positions that it reports.

Pure; imports `audio` and `core.transitions`.
"""
