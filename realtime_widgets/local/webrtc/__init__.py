"""Calls: sessions whose sound goes over WebRTC."""
