"""The REST routes beside the Realtime sessions: one module a family of routes."""
