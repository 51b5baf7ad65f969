"""Who is there: the pages that show a session, and the one of them that plays and captures.

Pure; imports `core.transitions`.
"""
