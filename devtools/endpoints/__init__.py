"""Servers for tests and benchmarks: an echo, a proxy that checks keys, a service that calls hosted tools."""
