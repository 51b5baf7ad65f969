"""Measurements of what the project promises, all by one command: ``python -m benchmarks``."""
