"""The front ends that show widgets: how each is started with a session in it, and what a talk there is like."""
