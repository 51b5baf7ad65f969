"""Benchmarks of what the project promises, all run by one command: ``python -m benchmarks``."""
