"""Benchmarks of the package as a program uses it: imports, processor time, memory, sizes, tool calls, walks."""
