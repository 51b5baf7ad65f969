"""Servers that benchmarks start, which send recorded talks, endless audio, answers to bursts, or timed answers."""
