"""Tests of realtime_widgets."""
