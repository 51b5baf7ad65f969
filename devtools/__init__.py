"""What tests and benchmarks share, so that neither has to import the other.

May import `realtime_widgets`, and nothing of `tests` or `benchmarks`.
"""
