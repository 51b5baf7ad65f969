"""The server: the application with all routes, the command that serves it, and the child process of a session.

May import all of `local`; `runtime` starts the child process.
"""
