"""Measurements, each run by itself: ``python -m benchmarks.<name>``."""
