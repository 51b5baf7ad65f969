"""Calls: sessions whose audio goes over WebRTC.

Imports `realtime`, `http` and what stands below them.
"""
