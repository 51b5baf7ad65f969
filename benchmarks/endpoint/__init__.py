"""Benchmarks of the local endpoint with its models: latency, number of sessions, endurance, quality of answers."""
